pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What Etna moved to the Trash: it takes room until it is deleted there, and comes back until then.
ColumnLayout {
    id: root

    required property ShelfController shelf

    visible: root.shelf.trashList.count > 0
    spacing: Tokens.s

    RowLayout {
        Layout.topMargin: Tokens.l
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("In the Trash (%1) · %2", "count, size").arg(root.shelf.trashList.count).arg(root.shelf.trashList.size)
            font.weight: Font.DemiBold
            elide: Text.ElideRight
            Accessible.role: Accessible.Heading
        }
        EtnaButton {
            visible: root.shelf.trashList.count > 1
            text: qsTr("Delete all for good…")
            onClicked: root.shelf.deleteForGood("")
        }
    }
    Repeater {
        model: root.shelf.trashList

        RowLayout {
            id: thing

            required property string ticket
            required property string name
            required property string note

            Layout.fillWidth: true
            spacing: Tokens.m

            Icon {
                name: "trash"
                color: Tokens.text2
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: thing.name
                    elide: Text.ElideMiddle
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: thing.note
                    size: EtnaText.Small
                    color: Tokens.text3
                    elide: Text.ElideRight
                }
            }
            EtnaButton {
                text: qsTr("Put back")
                tip: thing.name
                onClicked: root.shelf.putBack(thing.ticket)
            }
            EtnaButton {
                text: qsTr("Delete for good…")
                kind: EtnaButton.Quiet
                tip: thing.name
                onClicked: root.shelf.deleteForGood(thing.ticket)
            }
        }
    }
}
