pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// Named contexts: each with what it is, whether it can be used now, and what can be done with it.
ColumnLayout {
    id: root

    required property SnapshotsController snapshots

    spacing: 0

    EtnaText {
        Layout.fillWidth: true
        Layout.margins: Tokens.l
        visible: root.snapshots.known && root.snapshots.snapshots.count === 0
        text: qsTr("No snapshot was saved yet. “Save this context as…” in the menu of a message keeps what the model has read up to there, under a name.")
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.snapshots.snapshots

        SnapshotRow {
            Layout.fillWidth: true
            onStarted: row => root.snapshots.startChat(row)
            onRenamed: (row, name) => root.snapshots.rename(row, name)
            onExportWanted: row => {
                exportDialog.row = row
                exportDialog.selectedFile = root.snapshots.proposedFile(row)
                exportDialog.open()
            }
            onDeleted: row => root.snapshots.remove(row)
        }
    }
    EtnaText {
        Layout.fillWidth: true
        Layout.margins: Tokens.l
        Layout.bottomMargin: 0
        visible: text !== ""
        text: root.snapshots.trouble !== "" ? root.snapshots.trouble : root.snapshots.notice
        size: EtnaText.Small
        color: root.snapshots.trouble !== "" ? Tokens.bad : Tokens.text2
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    EtnaButton {
        Layout.margins: Tokens.l
        text: qsTr("Import a file…")
        tip: qsTr("A prompt cache of Etna or mlx-lm (.safetensors)")
        onClicked: importDialog.open()
    }

    FileDialog {
        id: importDialog

        title: qsTr("Choose a prompt cache")
        nameFilters: [qsTr("Prompt caches (*.safetensors)"), qsTr("All files (*)")]
        onAccepted: root.snapshots.importFrom(importDialog.selectedFile)
    }
    FileDialog {
        id: exportDialog

        property int row: -1

        title: qsTr("Export the snapshot")
        fileMode: FileDialog.SaveFile
        defaultSuffix: "safetensors"
        nameFilters: [qsTr("Prompt caches (*.safetensors)")]
        onAccepted: root.snapshots.exportTo(exportDialog.row, exportDialog.selectedFile)
    }
}
