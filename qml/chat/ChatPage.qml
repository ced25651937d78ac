pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// The chats: list at the left, the chosen one beside it.
FocusScope {
    id: root

    required property ChatController controller
    required property LibraryController library
    required property bool listOpen
    required property bool listFloats

    readonly property alias sidebar: list
    readonly property alias composer: composer
    readonly property int footHeight: composer.height + Tokens.s
    readonly property int centreOffset: main.anchors.leftMargin / 2

    signal listToggled()
    signal pickerWanted()
    signal remedyWanted(action: int)

    readonly property bool comparing: App.compare.open && App.compare.inChat

    function focusComposer() {
        if (root.comparing)
            compare.focusText()
        else
            composer.focusText()
    }
    function renameCurrent() {
        list.renameCurrent()
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
        title: root.controller.title
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
            anchors.verticalCenter: parent.verticalCenter
            used: root.controller.contextUsed
            text: root.controller.contextText
        }
        ModelPill {
            id: pill

            library: root.library
            onClicked: root.pickerWanted()
        }
    }
    Item {
        id: body

        anchors { left: parent.left; right: parent.right; top: header.bottom; bottom: parent.bottom }

        Item {
            id: main

            anchors.fill: parent
            anchors.leftMargin: root.listOpen && !root.listFloats ? list.width : 0

            Transcript {
                id: transcript

                anchors { left: parent.left; right: parent.right; top: parent.top; bottom: notice.top }
                visible: !empty.visible && !root.comparing
                controller: root.controller
                onRemedyWanted: action => root.remedyWanted(action)
                onFileWanted: (row, file) => sheet.show(root.controller.messages.fileName(row, file),
                    root.controller.messages.fileText(row, file))
            }
            EmptyChat {
                id: empty

                clip: true

                anchors.fill: transcript
                visible: root.controller.messages.count === 0 && !root.controller.opening && !root.comparing
                controller: root.controller
                library: root.library
                onPickerWanted: root.pickerWanted()
                onRemedyWanted: action => root.remedyWanted(action)
                onFilled: root.focusComposer()
            }
            Column {
                id: notice

                visible: !root.comparing

                anchors {
                    bottom: composer.top
                    bottomMargin: Tokens.s
                    horizontalCenter: parent.horizontalCenter
                }
                width: composer.width
                spacing: Tokens.s
                bottomPadding: root.library.loading || root.library.problem.set || gone.visible || store.visible
                    || editing.visible || queued.visible || offer.visible || refused.visible ? Tokens.s : 0

                ProblemCard {
                    id: store

                    width: parent.width
                    visible: root.controller.storeProblem.set
                    trouble: root.controller.storeProblem
                    onAct: action => root.remedyWanted(action)
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
                visible: !root.comparing
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
        ChatSidebar {
            id: list

            anchors { top: parent.top; bottom: parent.bottom }
            visible: root.listOpen
            controller: root.controller
            onDone: root.focusComposer()
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
