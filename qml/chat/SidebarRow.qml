import QtQuick
import Etna.Gui

/// One row of the sidebar: a heading, a folder or a chat. Chats are dropped on folders and on what lies in them.
Item {
    id: root

    required property int kind
    required property string title
    required property int chatId
    required property int folderIndex
    required property int count
    required property bool collapsed
    required property bool writing
    required property bool pinned
    required property bool temporary
    required property bool current
    required property int renamedId

    readonly property bool held: chat.held

    signal chosen()
    signal folderToggled()
    signal removeWanted()
    signal chatMenuWanted(place: Item)
    signal folderMenuWanted(place: Item)
    signal renameWanted()
    signal renamed(title: string)
    signal renameCancelled()
    signal dropped(chatId: int)

    height: root.kind === SidebarList.Heading ? heading.implicitHeight : Tokens.row
    z: root.held ? 1 : 0

    EtnaText {
        id: heading

        width: root.width
        visible: root.kind === SidebarList.Heading
        leftPadding: Tokens.s
        topPadding: Tokens.m
        bottomPadding: Tokens.xs
        text: root.kind === SidebarList.Heading ? root.title : ""
        size: EtnaText.Small
        color: Tokens.text3
        elide: Text.ElideRight
        Accessible.role: Accessible.Heading
    }
    FolderRow {
        width: root.width
        visible: root.kind === SidebarList.Folder
        title: root.title
        chats: root.count
        collapsed: root.collapsed
        onClicked: root.folderToggled()
        onMenuWanted: place => root.folderMenuWanted(place)
    }
    ChatRow {
        id: chat

        width: root.width
        visible: root.kind === SidebarList.ChatRow
        chatId: root.chatId
        title: root.title
        writing: root.writing
        pinned: root.pinned
        temporary: root.temporary
        current: root.current
        indent: root.folderIndex >= 0 ? Tokens.l : 0
        renaming: root.chatId !== 0 && root.renamedId === root.chatId
        onChosen: root.chosen()
        onRemoveWanted: root.removeWanted()
        onMenuWanted: place => root.chatMenuWanted(place)
        onRenameWanted: root.renameWanted()
        onRenamed: title => root.renamed(title)
        onRenameCancelled: root.renameCancelled()
    }
    DropArea {
        id: drop

        anchors.fill: parent
        keys: ["etna/chat"]
        enabled: !root.pinned
        onDropped: event => root.dropped((event.source as ChatRow).chatId)
    }
    Rectangle {
        anchors.fill: parent
        visible: drop.containsDrag
        radius: Tokens.radiusControl
        color: Tokens.transparent
        border { width: 2; color: Tokens.focus }
    }
}
