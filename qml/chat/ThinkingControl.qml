import QtQuick
import QtQuick.Controls.Basic
import Etna.Transcript

/// What led to an answer: one quiet line that opens and folds the thoughts below it.
Item {
    id: root

    required property TranscriptSlot slot
    required property TranscriptView view

    implicitHeight: head.height + (root.slot.open ? 0 : Tokens.xs)
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Thoughts of message %1").arg(root.slot.row + 1)

    AbstractButton {
        id: head

        x: -Tokens.s
        implicitWidth: line.width + 2 * Tokens.s
        implicitHeight: Tokens.control
        hoverEnabled: true
        Accessible.role: Accessible.Button
        Accessible.name: root.slot.title
        Accessible.description: root.slot.open ? qsTr("Hides what the model thought")
            : qsTr("Shows what the model thought")
        onClicked: root.view.toggleOpen(root.slot.row, root.slot.block)

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
                    rotation: root.slot.open ? 0 : -90
                }
                EtnaText {
                    text: root.slot.title
                    color: head.hovered || root.slot.open ? Tokens.text : Tokens.text2
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
}
