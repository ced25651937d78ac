pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

/// The keyboard shortcuts.
EtnaPopup {
    id: root

    component Entry: RowLayout {
        id: entry

        required property string keys
        required property string does

        Layout.fillWidth: true
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: entry.does
            color: Tokens.text2
        }
        Rectangle {
            implicitWidth: label.implicitWidth + Tokens.m
            implicitHeight: Tokens.xl
            radius: Tokens.radiusControl
            color: Tokens.sunken

            EtnaText {
                id: label

                anchors.centerIn: parent
                text: entry.keys
                size: EtnaText.Small
                font.family: Tokens.mono
            }
        }
    }

    name: qsTr("Keyboard shortcuts")
    padding: Tokens.xl

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            text: root.name
            size: EtnaText.Title
        }
        GridLayout {
            columns: 2
            columnSpacing: Tokens.xxl
            rowSpacing: Tokens.s

            Entry { does: qsTr("Send"); keys: qsTr("Enter") }
            Entry { does: qsTr("New line"); keys: qsTr("Shift+Enter") }
            Entry { does: qsTr("Edit my last message (nothing typed)"); keys: qsTr("↑") }
            Entry { does: qsTr("New chat"); keys: qsTr("Ctrl+N") }
            Entry { does: qsTr("New temporary chat"); keys: qsTr("Ctrl+Shift+N") }
            Entry { does: qsTr("Find in this chat"); keys: qsTr("Ctrl+F") }
            Entry { does: qsTr("Find in all chats"); keys: qsTr("Ctrl+Shift+F") }
            Entry { does: qsTr("Stop the reply"); keys: qsTr("Esc") }
            Entry { does: qsTr("Choose a model"); keys: qsTr("Ctrl+L") }
            Entry { does: qsTr("Write the reply again"); keys: qsTr("Ctrl+R") }
            Entry { does: qsTr("Show or hide the chats"); keys: qsTr("Ctrl+B") }
            Entry { does: qsTr("Show or hide this chat's settings"); keys: qsTr("Ctrl+Alt+B") }
            Entry { does: qsTr("Copy the last reply"); keys: qsTr("Ctrl+Shift+C") }
            Entry { does: qsTr("Rename the chat"); keys: qsTr("F2") }
            Entry { does: qsTr("Move the chosen chat to the Trash"); keys: qsTr("Delete") }
            Entry { does: qsTr("Next or previous region"); keys: qsTr("F6 · Shift+F6") }
            Entry { does: qsTr("Chat, Models, Fine-tune, Memory, Settings"); keys: qsTr("Ctrl+1 · 2 · 3 · 4 · 6") }
            Entry { does: qsTr("Downloads"); keys: qsTr("Ctrl+J") }
            Entry { does: qsTr("Larger, smaller, usual text"); keys: qsTr("Ctrl + − 0") }
            Entry { does: qsTr("Load settings of a model"); keys: qsTr("Alt+click · Alt+Enter") }
            Entry { does: qsTr("Full screen"); keys: qsTr("F11") }
            Entry { does: qsTr("Settings"); keys: qsTr("Ctrl+,") }
            Entry { does: qsTr("Quit"); keys: qsTr("Ctrl+Q") }
        }
        EtnaButton {
            Layout.alignment: Qt.AlignRight
            text: qsTr("Close")
            focus: true
            onClicked: root.close()
        }
    }
}
