import QtQuick
import QtQuick.Controls.Basic

/// A line to search with.
TextField {
    id: root

    required property string name

    signal cleared()

    implicitHeight: Tokens.control + Tokens.xs
    leftPadding: Tokens.m + Tokens.icon + Tokens.s
    rightPadding: clear.visible ? clear.width + Tokens.xs : Tokens.m
    topPadding: 0
    bottomPadding: 0
    verticalAlignment: TextInput.AlignVCenter
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    color: Tokens.text
    placeholderTextColor: Tokens.text3
    selectionColor: Tokens.selection
    selectedTextColor: Tokens.text
    selectByMouse: true
    Accessible.role: Accessible.EditableText
    Accessible.name: root.name

    background: Rectangle {
        radius: Tokens.radiusControl
        color: Tokens.surface
        border.width: root.activeFocus ? 2 : Tokens.hair
        border.color: root.activeFocus ? Tokens.focus : Tokens.controlBorder

        Icon {
            anchors { left: parent.left; leftMargin: Tokens.m; verticalCenter: parent.verticalCenter }
            name: "search"
            color: Tokens.text3
        }
    }

    EtnaIconButton {
        id: clear

        anchors { right: parent.right; rightMargin: 2; verticalCenter: parent.verticalCenter }
        extent: Tokens.control - Tokens.xs
        visible: root.text !== ""
        symbol: "close"
        text: qsTr("Clear")
        onClicked: {
            root.clear()
            root.cleared()
            root.forceActiveFocus()
        }
    }
}
