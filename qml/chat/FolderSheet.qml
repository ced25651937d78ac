pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Where a chat is to lie.
EtnaPopup {
    id: root

    required property ChatController controller
    required property Archive archive
    required property int room
    property int chatId: 0
    property int folder: -1

    signal newWanted(chatId: int)

    function openFor(id: int) {
        root.chatId = id
        root.folder = root.archive.sidebar.folderOf(id)
        root.open()
    }
    function move(index: int) {
        root.close()
        root.controller.moveToFolder(root.chatId, index)
    }

    name: qsTr("Move “%1” to a folder").arg(root.archive.sidebar.titleOf(root.chatId))
    padding: Tokens.xl
    onOpened: none.forceActiveFocus(Qt.PopupFocusReason)

    contentItem: ColumnLayout {
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: root.name
            size: EtnaText.Title
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
        }
        Flickable {
            id: page

            Layout.fillWidth: true
            Layout.preferredHeight: Math.min(folders.implicitHeight, root.room - 10 * Tokens.xl)
            contentHeight: folders.implicitHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds

            ScrollBar.vertical: EtnaScrollBar {}

            Column {
                id: folders

                width: page.width
                spacing: Tokens.xs

                EtnaButton {
                    id: none

                    width: parent.width
                    text: qsTr("No folder")
                    symbol: root.folder < 0 ? "check" : ""
                    onClicked: root.move(-1)
                }
                Repeater {
                    model: root.controller.chats.folderNames

                    EtnaButton {
                        required property string modelData
                        required property int index

                        width: folders.width
                        text: modelData
                        symbol: root.folder === index ? "check" : "folder"
                        onClicked: root.move(index)
                    }
                }
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("New folder…")
                symbol: "plus"
                onClicked: {
                    root.close()
                    root.newWanted(root.chatId)
                }
            }
            EtnaButton {
                text: qsTr("Cancel")
                kind: EtnaButton.Quiet
                onClicked: root.close()
            }
        }
    }
}
