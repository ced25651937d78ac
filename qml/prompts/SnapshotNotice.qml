import QtQuick
import Etna.Gui

/// What a chat continues, where its messages do not show it.
EtnaText {
    id: root

    required property SnapshotsController snapshots

    visible: root.snapshots.chatNotice !== ""
    text: root.snapshots.chatNotice
    size: EtnaText.Small
    color: Tokens.text2
    horizontalAlignment: Text.AlignHCenter
    wrapMode: Text.Wrap
    bottomPadding: Tokens.s
}
