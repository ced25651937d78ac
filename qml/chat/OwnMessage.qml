import QtQuick
import Etna.Gui

/// What a person wrote, as typed; it can be changed, which makes another version.
Item {
    id: root

    required property ChatController controller
    required property int row
    required property string text
    required property int version
    required property int versions

    readonly property bool near: hover.hovered || edit.activeFocus || more.activeFocus || more.down

    signal textChosen()

    // The actions lie in the gap before the reply.
    implicitHeight: bubble.height + Tokens.m

    Rectangle {
        id: bubble

        anchors.right: parent.right
        width: words.width + 2 * Tokens.l
        height: words.height + 2 * Tokens.s + Tokens.xs
        radius: Tokens.radiusCard
        color: Tokens.sunken

        SelectableText {
            id: words

            anchors.centerIn: parent
            width: Math.min(implicitWidth, root.width * 0.85 - 2 * Tokens.l)
            textFormat: TextEdit.PlainText
            text: root.text
            plain: root.text
            onTextChosen: root.textChosen()
        }
    }
    Row {
        id: actions

        anchors { right: parent.right; top: bubble.bottom; topMargin: 2 }

        EtnaIconButton {
            id: edit

            opacity: root.near ? 1 : 0
            enabled: !root.controller.writing
            symbol: "pencil"
            text: qsTr("Edit the message")
            onClicked: root.controller.beginEdit(root.row)
        }
        MessageMenu {
            id: more

            opacity: root.near ? 1 : 0
            controller: root.controller
            row: root.row
        }
        VersionSwitch {
            version: root.version
            versions: root.versions
            onSwitched: step => root.controller.switchVersion(root.row, step)
        }
    }

    HoverHandler {
        id: hover

        margin: Tokens.l
    }
}
