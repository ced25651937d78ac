import QtQuick
import Etna.Gui

/// What can be done with a chat.
EtnaMenu {
    id: root

    required property ChatController controller
    required property Archive archive
    property int chatId: 0
    property bool temporary: false
    property bool kept: false
    property bool pinned: false

    width: Math.round(1.3 * Tokens.list)

    readonly property bool changeable: root.controller.refusal === "" && !root.temporary

    signal renameWanted(chatId: int)
    signal exportWanted(chatId: int, format: int)
    signal folderWanted(chatId: int)

    function openFor(id: int, place: Item) {
        root.chatId = id
        root.temporary = root.archive.sidebar.isTemporary(id)
        root.kept = root.archive.sidebar.isKept(id)
        root.pinned = root.archive.sidebar.isPinned(id)
        root.currentIndex = -1
        root.popup(place, root.mirrored ? 0 : place.width - root.width, place.height)
    }

    // Why some of it is not possible.
    EtnaText {
        visible: text !== ""
        height: visible ? implicitHeight : 0
        leftPadding: Tokens.m
        rightPadding: Tokens.m
        topPadding: Tokens.xs
        bottomPadding: Tokens.xs
        text: root.temporary ? qsTr("A temporary chat is not saved, so it can't be pinned, moved or duplicated.")
            : root.controller.refusal
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
        Accessible.role: Accessible.StaticText
    }
    EtnaMenuItem {
        text: qsTr("Rename… (F2)")
        enabled: root.controller.refusal === "" || root.temporary
        onTriggered: root.renameWanted(root.chatId)
    }
    EtnaMenuItem {
        text: root.pinned ? qsTr("Unpin") : qsTr("Pin")
        enabled: root.changeable
        onTriggered: root.controller.setPinned(root.chatId, !root.pinned)
    }
    EtnaMenuItem {
        text: qsTr("Move to folder…")
        enabled: root.changeable
        onTriggered: root.folderWanted(root.chatId)
    }
    EtnaMenuItem {
        text: qsTr("Duplicate")
        enabled: root.changeable && root.kept
        onTriggered: root.controller.duplicate(root.chatId)
    }
    EtnaMenuItem {
        text: qsTr("Copy all")
        enabled: root.kept || root.temporary
        onTriggered: root.archive.files.copyAll(root.chatId)
    }
    EtnaMenuItem {
        text: qsTr("Export as Markdown…")
        enabled: (root.kept || root.temporary) && !root.archive.files.busy
        onTriggered: root.exportWanted(root.chatId, ChatFiles.Markdown)
    }
    EtnaMenuItem {
        text: qsTr("Export as JSON with all versions…")
        enabled: root.kept && !root.archive.files.busy
        onTriggered: root.exportWanted(root.chatId, ChatFiles.Json)
    }
    EtnaMenuItem {
        text: qsTr("New temporary chat")
        onTriggered: root.controller.newTemporaryChat()
    }
    EtnaMenuItem {
        text: root.temporary ? qsTr("Forget this chat") : qsTr("Move to Trash (Delete)")
        enabled: root.controller.refusal === "" || !root.kept
        onTriggered: root.controller.remove(root.chatId)
    }
}
