pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// The list of chats.
FocusScope {
    id: root

    required property ChatController controller

    signal done()

    function renameCurrent() {
        list.renamedId = root.controller.currentId
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
            right: parent.right
            top: parent.top
            margins: Tokens.s
            topMargin: Tokens.m
        }
        text: qsTr("New chat")
        symbol: "plus"
        tip: qsTr("New chat (Ctrl+N)")
        onClicked: {
            root.controller.newChat()
            root.done()
        }
    }
    ChatGroups { id: groups }
    ListView {
        id: list

        property int renamedId: 0

        anchors {
            left: parent.left
            right: parent.right
            top: create.bottom
            bottom: parent.bottom
            margins: Tokens.s
            topMargin: Tokens.s
        }
        clip: true
        focus: true
        model: root.controller.chats
        currentIndex: root.controller.currentRow
        keyNavigationEnabled: false
        boundsBehavior: Flickable.StopAtBounds
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Chats")

        ScrollBar.vertical: EtnaScrollBar {}

        section.property: "group"
        section.delegate: groups.heading

        delegate: ChatRow {
            width: ListView.view.width
            current: ListView.isCurrentItem
            renaming: list.renamedId === chatId
            onChosen: {
                root.controller.select(chatId)
                root.done()
            }
            onPinWanted: root.controller.setPinned(chatId, !pinned)
            onRemoveWanted: root.controller.remove(chatId)
            onRenameWanted: list.renamedId = chatId
            onRenamed: title => {
                list.renamedId = 0
                root.controller.rename(chatId, title)
                root.done()
            }
            onRenameCancelled: list.renamedId = 0
        }
    }
}
