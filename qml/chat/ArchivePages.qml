import QtQuick
import QtQuick.Dialogs
import Etna.Gui

/// What lies above a chat for a while: the search, the Trash; and the menus, sheets and dialogs of keeping chats.
FocusScope {
    id: root

    enum Page { None, Search, Trash }

    required property ChatController controller
    required property Archive archive
    required property bool listDocked

    property int shown: ArchivePages.None
    readonly property string title: root.shown === ArchivePages.Search ? qsTr("Search")
        : root.shown === ArchivePages.Trash ? qsTr("Trash") : ""

    signal closed()
    signal fieldWanted()
    signal renameWanted(chatId: int)

    function showSearch() {
        root.shown = ArchivePages.Search
        if (!root.listDocked)
            search.focusField()
    }
    function showTrash() {
        root.archive.trash.refresh()
        root.shown = ArchivePages.Trash
        trash.forceActiveFocus(Qt.TabFocusReason)
    }
    /// False: there was nothing to leave.
    function leave(): bool {
        if (root.shown === ArchivePages.None)
            return false
        root.shown = ArchivePages.None
        root.closed()
        return true
    }
    function focusResults() {
        search.focusResults()
    }
    function openResult() {
        if (root.shown === ArchivePages.Search)
            search.openCurrent()
    }
    function openChatMenu(chatId: int, place: Item) {
        chatMenu.openFor(chatId, place)
    }
    function openChatsMenu(place: Item) {
        chatsMenu.openAt(place)
    }
    function openFolderMenu(index: int, place: Item) {
        folderMenu.folder = index
        folderMenu.currentIndex = -1
        folderMenu.popup(place, 0, place.height)
    }
    function askFolder(chatId: int) {
        folders.openFor(chatId)
    }
    function askExport(chatId: int, format: int) {
        exportDialog.chatId = chatId
        exportDialog.format = format
        exportDialog.selectedFile = exportDialog.currentFolder + "/" + root.archive.files.fileName(chatId, format)
        exportDialog.open()
    }

    visible: root.shown !== ArchivePages.None

    Connections {
        target: root.archive.search

        function onOpenWanted() {
            root.shown = ArchivePages.None
        }
        function onTrashWanted(chat: double) {
            root.showTrash()
            trash.show(chat)
        }
    }
    // Another chat, or a new one, is looked at now.
    Connections {
        target: root.controller

        function onSelected() {
            root.shown = ArchivePages.None
        }
    }
    SearchPage {
        id: search

        anchors.fill: parent
        visible: root.shown === ArchivePages.Search
        focus: visible
        search: root.archive.search
        ownField: !root.listDocked
        onClosed: root.leave()
        onFieldWanted: {
            if (root.listDocked)
                root.fieldWanted()
            else
                search.focusField()
        }
    }
    TrashPage {
        id: trash

        anchors.fill: parent
        visible: root.shown === ArchivePages.Trash
        focus: visible
        trash: root.archive.trash
        refusal: root.controller.refusal
        onClosed: root.leave()
        onEraseWanted: ticket => {
            erase.ticket = ticket
            erase.open()
        }
        onEmptyWanted: empty.open()
    }

    ChatMenu {
        id: chatMenu

        controller: root.controller
        archive: root.archive
        onRenameWanted: chatId => root.renameWanted(chatId)
        onExportWanted: (chatId, format) => root.askExport(chatId, format)
        onFolderWanted: chatId => folders.openFor(chatId)
    }
    ChatsMenu {
        id: chatsMenu

        controller: root.controller
        archive: root.archive
        onFolderWanted: newFolder.askFor(0)
        onImportWanted: importDialog.open()
        onExportWanted: format => root.askExport(0, format)
    }
    EtnaMenu {
        id: folderMenu

        property int folder: -1

        width: Math.round(1.3 * Tokens.list)

        EtnaMenuItem {
            text: qsTr("Rename the folder…")
            enabled: root.controller.refusal === ""
            onTriggered: folderName.ask(qsTr("Rename the folder"), qsTr("Rename"),
                root.controller.chats.folderNames[folderMenu.folder])
        }
        EtnaMenuItem {
            text: qsTr("Remove the folder; its chats stay")
            enabled: root.controller.refusal === ""
            onTriggered: root.controller.removeFolder(folderMenu.folder)
        }
    }
    FolderSheet {
        id: folders

        parent: root.parent
        x: (parent.width - width) / 2
        y: Math.max(Tokens.s, (parent.height - height) / 2)
        width: Math.min(Tokens.card, parent.width - 2 * Tokens.l)
        room: parent.height
        controller: root.controller
        archive: root.archive
        onNewWanted: chatId => newFolder.askFor(chatId)
    }
    NameSheet {
        id: newFolder

        property int chatId: 0

        function askFor(chatId: int) {
            newFolder.chatId = chatId
            newFolder.ask(qsTr("New folder"), qsTr("Create"), "")
        }

        parent: root.parent
        x: (parent.width - width) / 2
        y: Math.max(Tokens.s, (parent.height - height) / 2)
        width: Math.min(Tokens.card, parent.width - 2 * Tokens.l)
        onNamed: text => {
            root.controller.addFolder(text)
            if (newFolder.chatId !== 0)
                root.controller.moveToFolder(newFolder.chatId, root.controller.chats.folderNames.length - 1)
        }
    }
    NameSheet {
        id: folderName

        parent: root.parent
        x: (parent.width - width) / 2
        y: Math.max(Tokens.s, (parent.height - height) / 2)
        width: Math.min(Tokens.card, parent.width - 2 * Tokens.l)
        onNamed: text => root.controller.renameFolder(folderMenu.folder, text)
    }
    EraseSheet {
        id: erase

        property double ticket: 0

        parent: root.parent
        x: (parent.width - width) / 2
        y: Math.max(Tokens.s, (parent.height - height) / 2)
        width: Math.min(Tokens.card, parent.width - 2 * Tokens.l)
        question: qsTr("Delete “%1” for good?").arg(root.archive.trash.titleOf(erase.ticket))
        note: qsTr("The chat and its messages can't be brought back.")
        acceptText: qsTr("Delete for good")
        onAccepted: root.archive.trash.erase(erase.ticket)
    }
    EraseSheet {
        id: empty

        parent: root.parent
        x: (parent.width - width) / 2
        y: Math.max(Tokens.s, (parent.height - height) / 2)
        width: Math.min(Tokens.card, parent.width - 2 * Tokens.l)
        question: qsTr("Empty the Trash?")
        note: qsTr("The chats in it (%1) can't be brought back.").arg(root.archive.trash.count)
        acceptText: qsTr("Delete for good")
        onAccepted: root.archive.trash.empty()
    }
    FileDialog {
        id: exportDialog

        property int chatId: 0
        property int format: ChatFiles.Markdown

        title: exportDialog.chatId === 0 ? qsTr("Export all chats") : qsTr("Export the chat")
        fileMode: FileDialog.SaveFile
        nameFilters: exportDialog.format === ChatFiles.Json ? [qsTr("Chats of Etna (*.jsonl)"), qsTr("All files (*)")]
            : [qsTr("Markdown (*.md)"), qsTr("All files (*)")]
        onAccepted: {
            if (exportDialog.chatId === 0)
                root.archive.files.exportAll(exportDialog.selectedFile, exportDialog.format)
            else
                root.archive.files.exportChat(exportDialog.chatId, exportDialog.selectedFile, exportDialog.format)
        }
    }
    FileDialog {
        id: importDialog

        title: qsTr("Import chats")
        nameFilters: [qsTr("Chats of Etna (*.jsonl *.json)"), qsTr("All files (*)")]
        onAccepted: root.archive.files.importFile(importDialog.selectedFile)
    }
}
