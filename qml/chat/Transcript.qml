pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui
import Etna.Transcript

/// The messages of a chat, with what can be done around them: finding, the menu, the way back to the end.
FocusScope {
    id: root

    required property ChatController controller

    /// Where sheets stand: with large letters the page alone is too low for them.
    readonly property Item whole: root.Window.contentItem ?? root

    signal remedyWanted(action: int)
    signal fileWanted(row: int, file: int)
    signal composerWanted()

    /// A name for what the model has read up to a message.
    function saveContext(row: int) {
        saveSheet.openFor(row)
    }

    function showDetails(row: int) {
        details.openFor(root.controller.messages, row)
    }
    function find() {
        finder.begin()
    }
    function act(row: int, action: int) {
        chat.source.act(row, action)
        if (action === TranscriptSource.Quote)
            root.composerWanted()
    }
    function openLink(link: string) {
        linkSheet.ask(link)
    }

    Connections {
        target: root.controller

        function onSent() {
            chat.follow()
        }
        function onCurrentChanged() {
            chat.follow()
        }
        function onMessageWanted(row: int, words: string) {
            chat.showMessage(row)
            if (words !== "")
                finder.showAt(words, row)
            chat.forceActiveFocus(Qt.OtherFocusReason)
        }
    }
    TranscriptView {
        id: chat

        anchors.fill: parent
        clip: true
        focus: true
        activeFocusOnTab: true
        columnWidth: Tokens.column
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        source: MessageListSource {
            controller: root.controller
            messages: root.controller.messages
        }
        theme: TranscriptColors {}
        codeControl: Component {
            CodeControl { view: chat }
        }
        thinkingControl: Component {
            ThinkingControl { view: chat }
        }
        imageControl: Component {
            ImageControl { onWanted: link => root.openLink(link) }
        }
        attachmentControl: Component {
            AttachmentControl { onWanted: (row, file) => root.fileWanted(row, file) }
        }
        footerControl: Component {
            MessageFooter {
                controller: root.controller
                onRemedyWanted: action => root.remedyWanted(action)
                onCopyWanted: row => chat.copyMessage(row)
                onActionWanted: (row, action) => root.act(row, action)
                onDetailsWanted: row => details.openFor(root.controller.messages, row)
                onOptionsWanted: root.remedyWanted(Remedy.LoadSettings)
                onMoreWanted: (slot, button) => replyMenu.openFor(slot, button)
            }
        }

        onThinkingToggled: (row, open) => root.controller.messages.setThinkingOpen(row, open)
        onLinkActivated: link => root.openLink(link)
        onMenuWanted: (x, y, link) => {
            menu.link = link
            menu.popup(chat, x, y)
        }

        EtnaToolTip {
            text: chat.hoveredLink
            shown: chat.hoveredLink !== ""
        }
    }
    EtnaScrollBar {
        id: bar

        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        visible: size < 1
        active: hovered || pressed || moving.running
        orientation: Qt.Vertical
        size: Math.min(1, chat.height / Math.max(1, chat.contentHeight))
        onPositionChanged: {
            if (bar.pressed)
                chat.contentY = bar.position * chat.contentHeight
        }

        Binding on position {
            when: !bar.pressed
            // A press must not put back where the bar stood at first.
            restoreMode: Binding.RestoreNone
            value: chat.contentY / Math.max(1, chat.contentHeight)
        }
        // It shows itself while the text moves.
        Timer {
            id: moving

            interval: 1000
        }
        Connections {
            target: chat

            function onContentChanged() {
                if (!chat.following)
                    moving.restart()
            }
        }
    }
    FoundTicks {
        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        width: Tokens.s
        visible: finder.visible
        view: chat
        color: Tokens.controlBorder
        nowColor: Tokens.accent
    }
    Rectangle {
        anchors { fill: parent }
        visible: chat.activeFocus && chat.keyboardFocus
        color: Tokens.transparent
        border { width: 2; color: Tokens.focus }
    }
    EtnaButton {
        anchors { bottom: parent.bottom; bottomMargin: Tokens.m; horizontalCenter: parent.horizontalCenter }
        visible: !chat.following && !chat.atYEnd
        text: chat.newText ? qsTr("New text") : qsTr("Jump to latest")
        symbol: "arrow-down"
        onClicked: chat.follow()
    }
    FindBar {
        id: finder

        anchors { right: parent.right; top: parent.top; margins: Tokens.m }
        width: Math.min(implicitWidth, root.width - 2 * Tokens.m)
        view: chat
        onClosed: chat.forceActiveFocus()
    }
    // What is said to a screen reader while a reply comes in.
    Item {
        Accessible.role: Accessible.AlertMessage
        Accessible.name: chat.announcement === "" ? qsTr("Replies") : chat.announcement
    }
    EtnaMenu {
        id: menu

        property string link: ""

        EtnaMenuItem {
            text: qsTr("Copy")
            enabled: chat.hasSelection
            onTriggered: chat.copy(true)
        }
        EtnaMenuItem {
            text: qsTr("Copy without marks")
            enabled: chat.hasSelection
            onTriggered: chat.copy(false)
        }
        EtnaMenuItem {
            text: qsTr("Select all")
            onTriggered: chat.selectAll()
        }
        EtnaMenuItem {
            text: qsTr("Find…")
            onTriggered: root.find()
        }
        EtnaMenuItem {
            visible: menu.link !== ""
            height: visible ? implicitHeight : 0
            text: qsTr("Copy the link")
            onTriggered: App.copy(menu.link)
        }
    }
    ReplyMenu {
        id: replyMenu

        view: chat
        controller: root.controller
        onActionWanted: (row, action) => root.act(row, action)
        onDetailsWanted: row => details.openFor(root.controller.messages, row)
        onSaveWanted: row => root.saveContext(row)
    }
    ReplyDetailsSheet {
        id: details

        place: root.whole
    }
    SaveContextSheet {
        id: saveSheet

        snapshots: App.snapshots
        place: root.whole
    }
    LinkSheet {
        id: linkSheet

        place: root
    }
    Shortcut {
        sequence: "Ctrl+F"
        enabled: root.visible && chat.contentHeight > 0
        onActivated: root.find()
    }
    Shortcut {
        sequence: "F3"
        enabled: finder.visible
        onActivated: chat.findNext(-1)
    }
}
