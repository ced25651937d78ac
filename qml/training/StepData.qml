pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// What it learns from: the file, what the model will see of it, and what is wrong with it.
ColumnLayout {
    id: root

    required property TrainingController controller
    readonly property DataDesk desk: root.controller.data

    spacing: Tokens.m

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("What is it to learn from?")
        size: EtnaText.Title
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: drop.implicitHeight + 2 * Tokens.l
        radius: Tokens.radiusCard
        color: area.containsDrag ? Tokens.selection : Tokens.transparent
        border.width: Tokens.hair
        border.color: root.desk.problem !== "" ? Tokens.bad : Tokens.controlBorder

        DropArea {
            id: area

            anchors.fill: parent
            keys: ["text/uri-list"]
            onDropped: drop => root.desk.choose(drop.urls[0])
        }
        ColumnLayout {
            id: drop

            anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Tokens.l }
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.desk.chosen ? root.desk.fileName : qsTr("Drop a file here: JSONL, JSON or CSV, or a folder with train and valid files.")
                font.weight: root.desk.chosen ? Font.Medium : Font.Normal
                wrapMode: Text.Wrap
            }
            EtnaText {
                Layout.fillWidth: true
                visible: text !== ""
                text: root.desk.problem !== "" ? root.desk.problem : root.desk.formatText
                color: root.desk.problem !== "" ? Tokens.bad : Tokens.text2
                wrapMode: Text.Wrap
            }
            Flow {
                Layout.fillWidth: true
                spacing: Tokens.s

                EtnaButton {
                    text: root.desk.chosen ? qsTr("Choose another file…") : qsTr("Choose a file…")
                    onClicked: fileDialog.open()
                }
                EtnaButton {
                    text: qsTr("Choose a folder…")
                    kind: EtnaButton.Quiet
                    onClicked: folderDialog.open()
                }
            }
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: root.desk.chosen && root.controller.modelName === ""
        text: qsTr("Choose a model first: its tokens and its template decide how rows read.")
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    DataMapping {
        Layout.fillWidth: true
        visible: root.desk.mappingShown
        desk: root.desk
    }
    DataFindings {
        Layout.fillWidth: true
        visible: root.desk.known
        desk: root.desk
    }
    DataSamples {
        Layout.fillWidth: true
        visible: root.desk.known
        desk: root.desk
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: root.desk.known
        spacing: Tokens.xs

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Length of the rows, in tokens")
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        ReadablePlot {
            Layout.fillWidth: true
            Layout.preferredHeight: Tokens.plot * 0.75
            source: root.desk.lengths
            name: qsTr("Length of the rows")
            summary: root.desk.lengths.summary
        }
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: root.desk.known
        spacing: Tokens.xs

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Rows kept for checking")
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.desk.splitText
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaSlider {
            Layout.fillWidth: true
            Layout.maximumWidth: Tokens.card
            name: qsTr("Per cent of the rows kept for checking")
            from: 0
            to: 30
            stepSize: 1
            value: root.desk.checkPercent
            onMoved: root.desk.checkPercent = value
        }
    }
    FileDialog {
        id: fileDialog

        title: qsTr("Choose a file of examples")
        nameFilters: [qsTr("Examples (*.jsonl *.json *.csv *.tsv)"), qsTr("All files (*)")]
        onAccepted: root.desk.choose(fileDialog.selectedFile)
    }
    FolderDialog {
        id: folderDialog

        title: qsTr("Choose a folder with train and valid files")
        onAccepted: root.desk.choose(folderDialog.selectedFolder)
    }
}
