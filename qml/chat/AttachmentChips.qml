pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// The files of a draft, to look at and to take away.
Flickable {
    id: root

    required property AttachmentList files
    required property int room

    signal opened(row: int)

    implicitHeight: Math.min(flow.height, root.room)
    contentHeight: flow.height
    contentWidth: width
    clip: contentHeight > height
    boundsBehavior: Flickable.StopAtBounds
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Attached files")

    Flow {
        id: flow

        width: root.width
        spacing: Tokens.s

        Repeater {
            model: root.files

            Row {
                id: entry

                required property string name
                required property string detail
                required property bool reading
                required property int index

                AttachmentChip {
                    id: chip

                    width: Math.min(implicitWidth, root.width - Tokens.control - Tokens.m)
                    name: entry.name
                    detail: entry.detail
                    reading: entry.reading
                    onClicked: root.opened(entry.index)
                }
                EtnaIconButton {
                    anchors.verticalCenter: chip.verticalCenter
                    symbol: "close"
                    text: qsTr("Remove %1").arg(entry.name)
                    onClicked: root.files.remove(entry.index)
                }
            }
        }
    }
}
