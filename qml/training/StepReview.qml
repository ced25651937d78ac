pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// Everything in a sentence, and Start.
ColumnLayout {
    id: root

    required property TrainingController controller

    spacing: Tokens.l

    EtnaText {
        Layout.fillWidth: true
        text: root.controller.ready ? qsTr("Ready to start") : root.controller.estimating ? qsTr("Working out what it takes…")
            : qsTr("Not ready yet")
        size: EtnaText.Title
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.reviewText
        size: EtnaText.Reading
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.controller.missing

        EtnaButton {
            id: gap

            required property string what
            required property int step

            text: gap.what
            kind: EtnaButton.Quiet
            symbol: "alert"
            onClicked: root.controller.goTo(gap.step)
        }
    }
    GridLayout {
        Layout.fillWidth: true
        visible: root.controller.unloadText !== ""
        columns: root.width < Tokens.card ? 1 : 2
        columnSpacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: root.controller.unloadText
            wrapMode: Text.Wrap
        }
        EtnaSegments {
            name: qsTr("The model that is loaded")
            choices: [qsTr("OK"), qsTr("Train slower, keep it")]
            current: root.controller.keepLoaded ? 1 : 0
            onChosen: index => root.controller.keepLoaded = index === 1
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.otherRunText
        color: Tokens.warn
        wrapMode: Text.Wrap
    }
    Flow {
        Layout.fillWidth: true
        spacing: Tokens.s

        EtnaButton {
            text: qsTr("Start")
            kind: EtnaButton.Primary
            symbol: "play"
            enabled: root.controller.ready && !root.controller.active
            onClicked: root.controller.start()
        }
        EtnaButton {
            text: qsTr("Save as recipe…")
            enabled: root.controller.ready
            onClicked: dialog.open()
        }
    }
    EtnaText {
        Layout.fillWidth: true
        text: qsTr("A recipe is a file that “etna-cli lora” runs as well.")
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    FileDialog {
        id: dialog

        title: qsTr("Save as recipe")
        fileMode: FileDialog.SaveFile
        defaultSuffix: "yaml"
        nameFilters: [qsTr("Recipes (*.yaml)")]
        onAccepted: root.controller.saveRecipe(dialog.selectedFile)
    }
}
