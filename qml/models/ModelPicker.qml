pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Choose a model: one in memory, the one inside Etna, one used lately, or one on disk.
EtnaPopup {
    id: root

    required property LibraryController library
    required property Machine machine
    required property LoadedModels models

    signal loadSettingsWanted(path: string)
    signal folderWanted()
    signal fileWanted()

    name: qsTr("Choose a model")
    width: Math.min(2 * Tokens.list, parent ? parent.width - 2 * Tokens.m : 2 * Tokens.list)

    onAboutToShow: root.library.askFits()

    contentItem: ColumnLayout {
        spacing: 0

        Heading {
            visible: loaded.count > 0
            text: qsTr("In memory: answers at once")
        }
        ListView {
            id: loaded

            Layout.fillWidth: true
            implicitHeight: Math.min(contentHeight, 4 * (Tokens.row + Tokens.m))
            clip: true
            model: root.models
            KeyNavigation.tab: starter
            KeyNavigation.down: starter
            activeFocusOnTab: count > 0
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Models in memory")

            delegate: ModelRow {
                id: entry

                required property real modelId
                required property string name
                required property string path
                required property string settings
                required property string amount

                width: ListView.view.width
                text: name
                note: settings
                hint: amount
                chosen: root.library.loaded && root.library.modelId === entry.modelId
                focus: ListView.isCurrentItem
                onClicked: {
                    root.close()
                    root.library.use(entry.modelId)
                }
                onLoadSettingsWanted: root.loadSettingsWanted(root.library.pathOf(entry.modelId))
            }
        }
        Heading { text: qsTr("Inside Etna") }
        ModelRow {
            id: starter

            focus: true
            text: qsTr("Etna Starter")
            note: qsTr("Tiny, for trying things out · %1").arg(root.machine.starterSize)
            KeyNavigation.down: recent
            KeyNavigation.up: loaded
            onLoadSettingsWanted: root.loadSettingsWanted("")
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
                required property string fit
                required property bool inMemory

                width: ListView.view.width
                text: name
                note: folder
                hint: inMemory ? qsTr("in memory") : fit
                focus: ListView.isCurrentItem
                onClicked: {
                    root.close()
                    root.library.choose(path)
                }
                onLoadSettingsWanted: root.loadSettingsWanted(path)
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
