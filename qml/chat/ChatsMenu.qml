import QtQuick
import Etna.Gui

/// What concerns all chats.
EtnaMenu {
    id: root

    required property ChatController controller
    required property Archive archive

    width: Math.round(1.3 * Tokens.list)

    signal folderWanted()
    signal exportWanted(format: int)
    signal importWanted()

    function openAt(place: Item) {
        root.currentIndex = -1
        root.popup(place, 0, place.height)
    }

    EtnaMenuItem {
        text: qsTr("New temporary chat (Ctrl+Shift+N)")
        onTriggered: root.controller.newTemporaryChat()
    }
    EtnaMenuItem {
        text: qsTr("New folder…")
        enabled: root.controller.refusal === ""
        onTriggered: root.folderWanted()
    }
    EtnaMenuItem {
        text: qsTr("Import chats…")
        enabled: root.controller.refusal === "" && !root.archive.files.busy
        onTriggered: root.importWanted()
    }
    EtnaMenuItem {
        text: qsTr("Export all as JSON…")
        enabled: !root.archive.files.busy
        onTriggered: root.exportWanted(ChatFiles.Json)
    }
    EtnaMenuItem {
        text: qsTr("Export all as Markdown…")
        enabled: !root.archive.files.busy
        onTriggered: root.exportWanted(ChatFiles.Markdown)
    }
}
