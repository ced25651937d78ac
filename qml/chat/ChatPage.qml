pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// The chats: list at the left, the chosen one beside it.
FocusScope {
    id: root

    required property ChatController controller
    required property Archive archive
    required property LibraryController library
    required property bool listOpen
    required property bool listFloats
    required property ChatInspector inspector
    required property bool inspectorOpen
    required property bool inspectorFloats

    readonly property alias sidebar: list
    readonly property alias composer: composer
    readonly property alias settings: settings
    /// What the keyboard goes to besides the list.
    readonly property Item mainRegion: pages.visible ? pages : root.comparing ? compare : composer
    readonly property int footHeight: composer.height + Tokens.s
    readonly property int centreOffset: (main.anchors.leftMargin - main.anchors.rightMargin) / 2

    signal listToggled()
    signal inspectorToggled()
    signal pickerWanted()
    signal remedyWanted(action: int)

    readonly property bool comparing: App.compare.open && App.compare.inChat

    function focusComposer() {
        if (pages.visible)
            pages.forceActiveFocus()
        else if (root.comparing)
            compare.focusText()
        else
            composer.focusText()
    }
    /// False: the chat itself is shown.
    function leavePages(): bool {
        return pages.leave()
    }
    function openContext() {
        if (ring.visible)
            popover.open()
    }
    function saveContext(row: int) {
        transcript.saveContext(row)
    }
    function showDetails(row: int) {
        transcript.showDetails(row)
    }
    function renameCurrent() {
        list.renameCurrent()
    }
    function search() {
        if (!root.listFloats && root.listOpen)
            list.focusSearch()
        if (!root.listFloats && root.listOpen && root.archive.search.text === "")
            return
        pages.showSearch()
    }
    function askFolder() {
        pages.askFolder(root.controller.currentId)
    }

    Connections {
        target: root.controller

        function onEditingChanged() {
            root.focusComposer()
        }
    }
    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    PageHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: parent.top }
        title: pages.title === "" ? root.controller.title : pages.title
        leading: EtnaIconButton {
            symbol: "sidebar"
            text: root.listOpen ? qsTr("Hide the chats") : qsTr("Show the chats")
            shortcutText: "Ctrl+B"
            onClicked: root.listToggled()
        }

        EtnaIconButton {
            symbol: "columns"
            text: root.comparing ? qsTr("End the comparison") : qsTr("Compare two models")
            onClicked: {
                if (root.comparing)
                    App.compare.close()
                else
                    App.compare.begin()
                root.focusComposer()
            }
        }
        ContextRing {
            id: ring

            visible: root.inspector.context.known
            used: root.inspector.context.used
            text: root.inspector.context.text
            onClicked: popover.open()
        }
        ModelPill {
            id: pill

            library: root.library
            onClicked: root.pickerWanted()
        }
        EtnaIconButton {
            id: more

            objectName: "chatMenuButton"  // for pictures
            anchors.verticalCenter: parent.verticalCenter
            visible: !pages.visible
            symbol: "more"
            text: qsTr("What to do with this chat")
            onClicked: pages.openChatMenu(root.controller.currentId, more)
        }
        EtnaIconButton {
            symbol: "inspector"
            text: root.inspectorOpen ? qsTr("Hide this chat's settings") : qsTr("Show this chat's settings")
            shortcutText: "Ctrl+Alt+B"
            onClicked: root.inspectorToggled()
        }
    }
    ContextPopover {
        id: popover

        x: Math.max(Tokens.l, root.width - width - Tokens.m)
        y: header.height
        room: root.height - header.height - Tokens.l
        meter: root.inspector.context
    }
    OverflowSheet {
        x: (root.width - width) / 2
        y: Math.max(Tokens.s, (root.height - height) / 2)
        question: root.inspector.overflow
    }
    Item {
        id: body

        anchors { left: parent.left; right: parent.right; top: header.bottom; bottom: parent.bottom }

        Item {
            id: main

            anchors { left: parent.left; right: parent.right; top: parent.top; bottom: parent.bottom }
            anchors.leftMargin: root.listOpen && !root.listFloats ? list.width : 0
            anchors.rightMargin: root.inspectorOpen && !root.inspectorFloats ? settings.width : 0

            TemporaryBar {
                id: temporary

                anchors { left: parent.left; right: parent.right; top: parent.top }
                visible: root.controller.temporary
                height: visible ? implicitHeight : 0
            }

            Transcript {
                id: transcript

                anchors { left: parent.left; right: parent.right; top: temporary.bottom; bottom: notice.top }
                visible: !empty.visible && !pages.visible && !root.comparing
                controller: root.controller
                onRemedyWanted: action => root.remedyWanted(action)
                onFileWanted: (row, file) => sheet.show(root.controller.messages.fileName(row, file),
                    root.controller.messages.fileText(row, file))
                onComposerWanted: root.focusComposer()
            }
            EmptyChat {
                id: empty

                clip: true

                anchors.fill: transcript
                visible: root.controller.messages.count === 0 && !root.controller.opening && !pages.visible
                    && !root.comparing
                controller: root.controller
                library: root.library
                onPickerWanted: root.pickerWanted()
                onRemedyWanted: action => root.remedyWanted(action)
                onFilled: root.focusComposer()
            }
            Column {
                id: notice

                anchors {
                    bottom: composer.top
                    bottomMargin: Tokens.s
                    horizontalCenter: parent.horizontalCenter
                }
                visible: !pages.visible && !root.comparing
                width: composer.width
                spacing: Tokens.s
                bottomPadding: root.library.loading || root.library.problem.set || gone.visible || store.visible
                    || editing.visible || files.visible || queued.visible || offer.visible || refused.visible
                    ? Tokens.s : 0

                SnapshotNotice {
                    width: parent.width
                    snapshots: App.snapshots
                }
                ProblemCard {
                    id: store

                    width: parent.width
                    visible: root.controller.storeProblem.set
                    trouble: root.controller.storeProblem
                    onAct: action => root.remedyWanted(action)
                }

                FilesCard {
                    id: files

                    width: parent.width
                    files: root.archive.files
                }
                LoadCard {
                    width: parent.width
                    visible: root.library.loading && !empty.visible
                    library: root.library
                }
                NoticeCard {
                    id: gone

                    width: parent.width
                    visible: root.library.goneNotice !== "" && !root.library.loading
                    text: root.library.goneNotice
                    actionText: qsTr("Load again")
                    onActed: root.remedyWanted(Remedy.LoadAgain)
                    onDismissed: root.library.dismissProblem()
                }
                NoticeCard {
                    id: editing

                    width: parent.width
                    visible: root.controller.editing
                    text: qsTr("You are changing a message. The old one and its replies stay as another version.")
                    actionText: qsTr("Leave it")
                    onActed: root.controller.cancelEdit()
                    onDismissed: root.controller.cancelEdit()
                }
                QueuedMessages {
                    id: queued

                    width: parent.width
                    visible: root.controller.queue.count > 0
                    room: body.height * 0.25
                    controller: root.controller
                    onDone: root.focusComposer()
                }
                NoticeCard {
                    id: refused

                    width: parent.width
                    visible: root.controller.desk.problem !== ""
                    text: root.controller.desk.problem
                    actionText: qsTr("Choose files…")
                    onActed: composer.chooseFiles()
                    onDismissed: root.controller.desk.dismissProblem()
                }
                NoticeCard {
                    id: offer

                    width: parent.width
                    visible: root.controller.desk.offer !== ""
                    text: root.controller.desk.offer
                    actionText: root.controller.desk.offerAction
                    onActed: {
                        root.controller.desk.acceptOffer()
                        root.focusComposer()
                    }
                    onDismissed: root.controller.desk.dismissOffer()
                }
                ProblemCard {
                    width: parent.width
                    visible: root.library.problem.set && (!empty.visible || root.library.loaded)
                    trouble: root.library.problem
                    onAct: action => root.remedyWanted(action)
                }
            }
            Composer {
                id: composer

                anchors {
                    bottom: parent.bottom
                    bottomMargin: Tokens.s
                    horizontalCenter: parent.horizontalCenter
                }
                width: Math.min(Tokens.column + 2 * Tokens.l, parent.width - 2 * Tokens.l)
                visible: !root.comparing && !pages.visible
                pageHeight: body.height
                controller: root.controller
                library: root.library
                focus: true
                onPickerWanted: root.pickerWanted()
                onFileWanted: row => sheet.show(root.controller.attachments.nameOf(row),
                    root.controller.attachments.textOf(row))
            }
            Compare {
                id: compare

                anchors.fill: parent
                visible: root.comparing
                controller: App.compare
                chats: root.controller
                onClosed: root.focusComposer()
                onFileWanted: (name, text) => sheet.show(name, text)
            }
            ArchivePages {
                id: pages

                anchors.fill: parent
                controller: root.controller
                archive: root.archive
                listDocked: root.listOpen && !root.listFloats
                onClosed: root.focusComposer()
                onFieldWanted: list.focusSearch()
                onRenameWanted: chatId => {
                    if (!root.listOpen)
                        root.listToggled()
                    list.rename(chatId)
                }
            }
        }
        MouseArea {
            anchors.fill: parent
            visible: root.listOpen && root.listFloats
            onClicked: root.listToggled()

            Rectangle {
                anchors.fill: parent
                color: Tokens.shade
            }
        }
        MouseArea {
            anchors.fill: parent
            visible: settings.visible && root.inspectorFloats
            onClicked: root.inspectorToggled()

            Rectangle {
                anchors.fill: parent
                color: Tokens.shade
            }
        }
        Inspector {
            id: settings

            anchors { top: parent.top; bottom: parent.bottom; right: parent.right }
            width: Math.min(implicitWidth, body.width)
            visible: root.inspectorOpen
            inspector: root.inspector
            onClosed: root.inspectorToggled()
        }
        ChatSidebar {
            id: list

            anchors { left: parent.left; top: parent.top; bottom: parent.bottom }
            visible: root.listOpen
            controller: root.controller
            archive: root.archive
            floats: root.listFloats
            trashShown: pages.shown === ArchivePages.Trash
            onDone: root.focusComposer()
            onSearchWanted: {
                if (root.listFloats)
                    root.listToggled()
                pages.showSearch()
            }
            onResultsWanted: pages.focusResults()
            onResultChosen: pages.openResult()
            onSearchLeft: pages.leave()
            onTrashWanted: {
                if (root.listFloats)
                    root.listToggled()
                pages.showTrash()
            }
            onChatMenuWanted: (chatId, place) => pages.openChatMenu(chatId, place)
            onFolderMenuWanted: (index, place) => pages.openFolderMenu(index, place)
            onMoreWanted: place => pages.openChatsMenu(place)
        }
    }
    AttachmentDrop {
        anchors.fill: parent
        desk: root.controller.desk
    }
    AttachmentSheet {
        id: sheet

        place: root
    }
}
