import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// Where downloads go, and how fast.
SettingsGroup {
    id: root

    required property AccessController access

    readonly property bool locked: root.access.cacheLocked !== ""

    title: qsTr("Downloads")

    SettingBlock {
        label: qsTr("Folder for downloads")
        note: root.access.cacheNote !== "" ? qsTr("%1 · %2", "folder, free space").arg(root.access.cacheFolder).arg(root.access.cacheNote)
            : root.access.cacheFolder
        locked: root.access.cacheLocked
        problem: root.access.cacheProblem

        EtnaText {
            Layout.fillWidth: true
            text: root.access.cacheIsUsual ? qsTr("Shared with other programs that use Hugging Face: a model is there once for all of them.")
                : qsTr("For downloads from now on. Models in the shared folder stay there and in the library.")
            size: EtnaText.Small
            color: Tokens.text3
            wrapMode: Text.Wrap
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("Choose another folder…")
                enabled: !root.locked
                onClicked: dialog.open()
            }
            EtnaButton {
                visible: !root.access.cacheIsUsual
                text: qsTr("Back to the shared folder")
                enabled: !root.locked
                onClicked: root.access.useUsualCacheFolder()
            }
        }
        FolderDialog {
            id: dialog

            title: qsTr("Choose the folder for downloads")
            currentFolder: root.access.cacheFolderUrl
            onAccepted: root.access.useCacheFolder(dialog.selectedFolder)
        }
    }
    SettingRow {
        label: qsTr("Files at once")
        note: qsTr("More help where one connection is slow.")
        wraps: true

        EtnaComboBox {
            name: qsTr("Files at once")
            implicitWidth: 3 * Tokens.row
            model: ["1", "2", "3", "4"]
            currentIndex: root.access.filesAtOnce - 1
            onActivated: index => root.access.filesAtOnce = index + 1
        }
    }
    SettingRow {
        label: qsTr("Speed limit")
        note: qsTr("Of all downloads together. Holds at once.")
        wraps: true
        last: true

        EtnaComboBox {
            name: qsTr("Speed limit")
            implicitWidth: 4 * Tokens.row
            model: root.access.speedLimits
            currentIndex: root.access.speedLimit
            onActivated: index => root.access.speedLimit = index
        }
    }
}
