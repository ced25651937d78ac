pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// The list of chats: new ones, the search field, pinned ones, folders, days; below it the Trash.
FocusScope {
    id: root

    required property ChatController controller
    required property Archive archive
    /// It lies above the page: what is searched is shown elsewhere.
    property bool floats: false
    property bool trashShown: false

    signal done()
    signal searchWanted()
    signal resultsWanted()
    signal resultChosen()
    signal searchLeft()
    signal trashWanted()
    signal chatMenuWanted(chatId: int, place: Item)
    signal folderMenuWanted(index: int, place: Item)
    signal moreWanted(place: Item)

    function renameCurrent() {
        root.rename(root.controller.currentId)
    }
    function rename(id: int) {
        if (root.controller.refusal !== "")
            return
        root.archive.sidebar.reveal(id)
        list.positionViewAtIndex(Math.max(0, root.archive.sidebar.currentRow), ListView.Contain)
        list.renamedId = id
    }
    function focusSearch() {
        field.forceActiveFocus(Qt.TabFocusReason)
        field.selectAll()
    }

    implicitWidth: Tokens.list
    width: Tokens.list

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    Rectangle {
        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        width: Tokens.hair
        color: Tokens.border
    }
    EtnaButton {
        id: create

        anchors {
            left: parent.left
            right: more.left
            top: parent.top
            margins: Tokens.s
            topMargin: Tokens.m
            rightMargin: Tokens.xs
        }
        text: qsTr("New chat")
        symbol: "plus"
        tip: qsTr("New chat (Ctrl+N)")
        onClicked: {
            root.controller.newChat()
            root.done()
        }
    }
    EtnaIconButton {
        id: more

        objectName: "allChatsButton"  // for pictures
        anchors { right: parent.right; rightMargin: Tokens.s; verticalCenter: create.verticalCenter }
        symbol: "more"
        text: qsTr("More for all chats")
        onClicked: root.moreWanted(more)
    }
    EtnaSearchField {
        id: field

        anchors { left: parent.left; right: parent.right; top: create.bottom; margins: Tokens.s }
        name: qsTr("Search all chats")
        placeholderText: qsTr("Search")
        text: root.archive.search.text
        onTextEdited: {
            root.archive.search.text = field.text
            if (field.text !== "")
                root.searchWanted()
        }
        onCleared: {
            root.archive.search.text = ""
            root.searchLeft()
        }
        onActiveFocusChanged: {
            if (field.activeFocus && root.floats)
                root.searchWanted()
        }
        // Escape ends the search; elsewhere it stops a reply.
        Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
        Keys.onEscapePressed: {
            root.archive.search.text = ""
            root.searchLeft()
        }
        Keys.onDownPressed: root.resultsWanted()
        Keys.onReturnPressed: root.resultChosen()
        Keys.onEnterPressed: root.resultChosen()
    }
    // Why nothing here can be changed.
    EtnaText {
        id: refusal

        anchors { left: parent.left; right: parent.right; top: field.bottom; margins: Tokens.m; topMargin: visible ? Tokens.s : 0 }
        visible: text !== ""
        height: visible ? implicitHeight : 0
        text: root.controller.refusal
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    ListView {
        id: list

        property int renamedId: 0
        property bool held: false

        anchors {
            left: parent.left
            right: parent.right
            top: refusal.bottom
            bottom: foot.top
            margins: Tokens.s
            topMargin: Tokens.xs
        }
        clip: true
        focus: true
        model: root.archive.sidebar
        currentIndex: root.archive.sidebar.currentRow
        keyNavigationEnabled: false
        interactive: !list.held
        boundsBehavior: Flickable.StopAtBounds
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Chats")

        ScrollBar.vertical: EtnaScrollBar {}

        delegate: SidebarRow {
            width: ListView.view.width
            current: chatId === root.controller.currentId
            renamedId: list.renamedId
            onHeldChanged: list.held = held
            onChosen: {
                root.controller.select(chatId)
                root.done()
            }
            onFolderToggled: root.archive.sidebar.toggleFolder(folderIndex)
            onRemoveWanted: root.controller.remove(chatId)
            onChatMenuWanted: place => root.chatMenuWanted(chatId, place)
            onFolderMenuWanted: place => root.folderMenuWanted(folderIndex, place)
            onRenameWanted: root.rename(chatId)
            onRenamed: title => {
                list.renamedId = 0
                root.controller.rename(chatId, title)
                root.done()
            }
            onRenameCancelled: list.renamedId = 0
            onDropped: chatId => root.controller.moveToFolder(chatId, folderIndex)
        }
    }
    Item {
        id: foot

        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: trash.height + Tokens.s

        EtnaButton {
            id: trash

            objectName: "trashButton"  // for pictures
            anchors { left: parent.left; leftMargin: Tokens.s }
            kind: EtnaButton.Quiet
            symbol: "trash"
            text: root.archive.trash.count === 0 ? qsTr("Trash") : qsTr("Trash (%1)").arg(root.archive.trash.count)
            font.weight: root.trashShown ? Font.DemiBold : Font.Normal
            onClicked: root.trashWanted()
        }
    }
}
