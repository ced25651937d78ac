pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Choose a model: the one inside Etna, one used lately, or one on disk.
EtnaPopup {
    id: root

    required property LibraryController library
    required property Machine machine

    signal folderWanted()
    signal fileWanted()

    name: qsTr("Choose a model")
    width: 1.5 * Tokens.list

    contentItem: ColumnLayout {
        spacing: 0

        Heading { text: qsTr("Inside Etna") }
        ModelRow {
            id: starter

            focus: true
            text: qsTr("Etna Starter")
            note: qsTr("Tiny, for trying things out · %1").arg(root.machine.starterSize)
            chosen: root.library.starter
            KeyNavigation.down: recent
            onClicked: {
                root.close()
                root.library.loadStarter()
            }
        }
        Heading {
            visible: recent.count > 0
            text: qsTr("Used lately")
        }
        ListView {
            id: recent

            Layout.fillWidth: true
            implicitHeight: Math.min(contentHeight, 5 * (Tokens.row + Tokens.m))
            clip: true
            model: root.library.recent
            KeyNavigation.tab: folderButton
            KeyNavigation.down: folderButton
            activeFocusOnTab: count > 0
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Models used lately")

            delegate: ModelRow {
                required property string name
                required property string path
                required property string folder

                width: ListView.view.width
                text: name
                note: folder
                chosen: root.library.loaded && root.library.name === name
                focus: ListView.isCurrentItem
                onClicked: {
                    root.close()
                    root.library.load(path)
                }
            }
        }
        Rectangle {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.s
            Layout.bottomMargin: Tokens.s
            implicitHeight: Tokens.hair
            color: Tokens.border
        }
        RowLayout {
            Layout.margins: Tokens.xs
            spacing: Tokens.s

            EtnaButton {
                id: folderButton

                Layout.fillWidth: true
                text: qsTr("Open folder…")
                symbol: "folder"
                onClicked: {
                    root.close()
                    root.folderWanted()
                }
            }
            EtnaButton {
                Layout.fillWidth: true
                text: qsTr("Open file…")
                symbol: "file"
                onClicked: {
                    root.close()
                    root.fileWanted()
                }
            }
        }
    }

    component Heading: EtnaText {
        Layout.margins: Tokens.s
        Layout.bottomMargin: Tokens.xs
        size: EtnaText.Small
        color: Tokens.text3
        font.weight: Font.Medium
    }
}
