import QtQuick
import QtQuick.Controls.Basic

/// What led to an answer: one quiet line, and the thoughts below it for whoever wants to read them.
Column {
    id: root

    required property string title
    required property string thinking
    required property bool open

    signal toggled()
    signal textChosen()

    spacing: Tokens.xs

    AbstractButton {
        id: head

        x: -Tokens.s
        implicitWidth: line.width + 2 * Tokens.s
        implicitHeight: Tokens.control
        hoverEnabled: true
        Accessible.role: Accessible.Button
        Accessible.name: root.title
        Accessible.description: root.open ? qsTr("Hides what the model thought") : qsTr("Shows what the model thought")
        onClicked: root.toggled()

        contentItem: Item {
            Row {
                id: line

                x: Tokens.s
                anchors.verticalCenter: parent.verticalCenter
                spacing: Tokens.xs

                Icon {
                    anchors.verticalCenter: parent.verticalCenter
                    name: "chevron-down"
                    color: Tokens.text3
                    rotation: root.open ? 0 : -90
                }
                EtnaText {
                    text: root.title
                    color: head.hovered || root.open ? Tokens.text : Tokens.text2
                    Accessible.ignored: true
                }
            }
        }
        background: Rectangle {
            radius: Tokens.radiusControl
            color: head.down ? Tokens.press : head.hovered ? Tokens.hover : Tokens.transparent

            FocusRing { control: head }
        }
    }
    Item {
        visible: root.open
        width: root.width
        height: visible ? words.height : 0

        Rectangle {
            width: 2
            height: parent.height
            color: Tokens.border
        }
        SelectableText {
            id: words

            x: Tokens.l
            width: root.width - Tokens.l
            textFormat: TextEdit.PlainText
            // Hidden text need not be laid out while it grows.
            text: root.open ? root.thinking : ""
            plain: root.thinking
            color: Tokens.text2
            font.pixelSize: Tokens.fontBody
            onTextChosen: root.textChosen()
        }
    }
}
