pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// What came of a run, and what to do with it.
ColumnLayout {
    id: root

    required property TrainingController controller
    readonly property RunView view: root.controller.view

    signal tryWanted()

    spacing: Tokens.l

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("%1 · %2").arg(root.view.modelName).arg(root.view.stateText)
        size: EtnaText.Title
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    RunNotice {
        Layout.fillWidth: true
        visible: root.view.noticeTitle !== ""
        title: root.view.noticeTitle
        text: root.view.noticeBody
        tone: Tokens.bad

        EtnaButton {
            visible: root.view.unstable
            text: qsTr("Copy settings and try again with half")
            onClicked: root.controller.tryHalf()
        }
    }
    Flow {
        Layout.fillWidth: true
        spacing: Tokens.s

        EtnaButton {
            text: qsTr("Try it")
            kind: EtnaButton.Primary
            visible: root.view.hasAdapter
            onClicked: root.tryWanted()
        }
        EtnaButton {
            text: qsTr("Use in new chat")
            visible: root.view.hasAdapter
            onClicked: root.controller.useInChat()
        }
        EtnaButton {
            text: qsTr("Merge into one model…")
            visible: root.view.hasAdapter
            enabled: root.controller.mergeProgress < 0
            onClicked: mergeDialog.open()
        }
        EtnaButton {
            text: qsTr("Export adapter…")
            visible: root.view.hasAdapter
            onClicked: {
                dialog.peft = false
                dialog.open()
            }
        }
        EtnaButton {
            text: qsTr("Export for PEFT…")
            visible: root.view.hasAdapter
            onClicked: {
                dialog.peft = true
                dialog.open()
            }
        }
        EtnaButton {
            text: qsTr("Train further")
            visible: root.view.hasAdapter
            onClicked: root.controller.trainFurther()
        }
        EtnaButton {
            text: qsTr("Copy settings")
            onClicked: root.controller.copySettings()
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.mergeText
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    RowLayout {
        Layout.fillWidth: true
        visible: root.controller.mergeProgress >= 0
        spacing: Tokens.m

        EtnaProgressBar {
            Layout.fillWidth: true
            name: qsTr("Merging")
            value: root.controller.mergeProgress
        }
        EtnaButton {
            text: qsTr("Cancel")
            onClicked: root.controller.cancelMerge()
        }
    }
    GridLayout {
        Layout.fillWidth: true
        columns: 2
        columnSpacing: Tokens.l
        rowSpacing: Tokens.xs

        Repeater {
            model: root.view.facts

            RowLayout {
                id: fact

                required property string name
                required property string value

                Layout.fillWidth: true
                Layout.columnSpan: 2
                spacing: Tokens.m

                EtnaText {
                    Layout.preferredWidth: 4 * Tokens.row
                    text: fact.name
                    color: Tokens.text2
                    wrapMode: Text.Wrap
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: fact.value
                    wrapMode: Text.WrapAnywhere
                }
            }
        }
    }
    LossCard {
        Layout.fillWidth: true
        loss: root.view.loss
    }
    RowLayout {
        Layout.fillWidth: true
        visible: root.controller.otherNames.length > 1
        spacing: Tokens.m

        EtnaText {
            text: qsTr("Compare with")
            color: Tokens.text2
        }
        EtnaComboBox {
            Layout.fillWidth: true
            Layout.maximumWidth: Tokens.card
            name: qsTr("Compare with another run")
            model: root.controller.otherNames
            currentIndex: 0
            onActivated: index => root.controller.compareWith(index)
        }
    }
    RunSamples {
        Layout.fillWidth: true
        visible: root.view.samples.count > 0
        view: root.view
    }
    FolderDialog {
        id: dialog

        property bool peft: false

        title: qsTr("Choose where the adapter's folder is put")
        onAccepted: root.controller.exportAdapter(dialog.selectedFolder, dialog.peft)
    }
    FolderDialog {
        id: mergeDialog

        title: qsTr("Choose where the merged model's folder is put")
        onAccepted: root.controller.mergeInto(mergeDialog.selectedFolder)
    }
}
