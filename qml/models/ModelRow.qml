import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// One model in the picker. Alt+click, Alt+Enter and the button at its end open its load settings.
AbstractButton {
    id: root

    property string note: ""
    property string hint: ""
    property bool chosen: false
    property bool adjustable: true

    signal loadSettingsWanted()

    Layout.fillWidth: true
    implicitHeight: Tokens.row + Tokens.m
    Accessible.name: root.text
    Accessible.description: root.hint === "" ? root.note : qsTr("%1. %2").arg(root.note).arg(root.hint)

    Keys.onReturnPressed: event => event.modifiers & Qt.AltModifier && root.adjustable ? root.loadSettingsWanted()
        : root.clicked()
    Keys.onEnterPressed: root.clicked()

    contentItem: Item {
        Column {
            anchors {
                left: parent.left
                leftMargin: Tokens.s
                right: tools.left
                rightMargin: Tokens.s
                verticalCenter: parent.verticalCenter
            }

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
        Row {
            id: tools

            anchors { right: parent.right; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
            spacing: Tokens.s

            EtnaText {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.hint !== ""
                text: root.hint
                size: EtnaText.Small
                color: Tokens.text2
                Accessible.ignored: true
            }
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: "check"
                color: Tokens.accent
                visible: root.chosen
            }
            EtnaIconButton {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.adjustable
                symbol: "settings"
                text: qsTr("Load settings of %1").arg(root.text)
                onClicked: root.loadSettingsWanted()
            }
        }
        TapHandler {
            acceptedModifiers: Qt.AltModifier
            enabled: root.adjustable
            gesturePolicy: TapHandler.WithinBounds
            onTapped: root.loadSettingsWanted()
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
