import QtQuick
import Etna.Transcript

/// A file of a message in the transcript: folded to its name until it is opened.
Item {
    id: root

    required property TranscriptSlot slot

    signal wanted(row: int, file: int)

    implicitHeight: chip.implicitHeight
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("File %1 of message %2").arg(root.slot.block + 1).arg(root.slot.row + 1)

    AttachmentChip {
        id: chip

        anchors.right: parent.right
        width: Math.min(implicitWidth, root.width * 0.85)
        name: root.slot.title
        detail: root.slot.detail
        onClicked: root.wanted(root.slot.row, root.slot.block)
    }
}
