pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// Two answers to one question, side by side. Used in a chat, and to try out a fine-tuned change.
FocusScope {
    id: root

    required property CompareController controller
    required property ChatController chats

    signal closed()
    signal fileWanted(name: string, text: string)

    function focusText() {
        composer.focusText()
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    ColumnLayout {
        anchors { fill: parent; margins: Tokens.l; topMargin: Tokens.m; bottomMargin: Tokens.m }
        spacing: Tokens.m

        RowLayout {
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.controller.inChat ? qsTr("Compare two models") : qsTr("Try it")
                size: EtnaText.Title
                elide: Text.ElideRight
                Accessible.role: Accessible.Heading
            }
            EtnaIconButton {
                symbol: "close"
                text: qsTr("End the comparison")
                onClicked: {
                    root.controller.close()
                    root.closed()
                }
            }
        }
        RowLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Tokens.l

            CompareSide {
                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredWidth: 1
                controller: root.controller
                column: root.controller.left
                index: 0
                choice: root.controller.leftChoice
                label: qsTr("Left")
                onAdapterWanted: dialog.ask(0)
                onFileWanted: (name, text) => root.fileWanted(name, text)
                onLinkActivated: link => links.ask(link)
            }
            CompareSide {
                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredWidth: 1
                controller: root.controller
                column: root.controller.right
                index: 1
                choice: root.controller.rightChoice
                label: qsTr("Right")
                onAdapterWanted: dialog.ask(1)
                onFileWanted: (name, text) => root.fileWanted(name, text)
                onLinkActivated: link => links.ask(link)
            }
        }
        CompareComposer {
            id: composer

            Layout.fillWidth: true
            Layout.maximumWidth: Tokens.column + 2 * Tokens.l
            Layout.alignment: Qt.AlignHCenter
            focus: true
            controller: root.controller
            chats: root.chats
            onFileWanted: row => root.fileWanted(root.chats.attachments.nameOf(row), root.chats.attachments.textOf(row))
        }
    }
    FolderDialog {
        id: dialog

        property int side: 0

        function ask(side: int) {
            dialog.side = side
            dialog.open()
        }

        title: qsTr("Choose an adapter's folder")
        onAccepted: root.controller.chooseAdapter(dialog.side, dialog.selectedFolder)
    }
    LinkSheet {
        id: links

        place: root
    }
}
