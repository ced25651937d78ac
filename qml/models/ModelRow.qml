import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// One model in the picker.
AbstractButton {
    id: root

    property string note: ""
    property bool chosen: false

    Layout.fillWidth: true
    implicitHeight: Tokens.row + Tokens.m
    Accessible.name: root.text
    Accessible.description: root.note

    Keys.onReturnPressed: root.clicked()
    Keys.onEnterPressed: root.clicked()

    contentItem: Item {
        Column {
            anchors { left: parent.left; leftMargin: Tokens.s; right: mark.left; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }

            EtnaText {
                width: parent.width
                text: root.text
                elide: Text.ElideMiddle
                Accessible.ignored: true
            }
            EtnaText {
                width: parent.width
                text: root.note
                size: EtnaText.Small
                color: Tokens.text3
                elide: Text.ElideMiddle
                Accessible.ignored: true
            }
        }
        Icon {
            id: mark

            anchors { right: parent.right; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
            name: "check"
            color: Tokens.accent
            visible: root.chosen
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.down ? Tokens.press : root.hovered || root.activeFocus ? Tokens.hover : Tokens.transparent

        Rectangle {
            anchors { fill: parent; margins: 1 }
            visible: root.visualFocus
            radius: Tokens.radiusControl
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
        }
    }
}
