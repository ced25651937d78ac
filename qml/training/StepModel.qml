pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// What is trained, and what the result is called.
ColumnLayout {
    id: root

    required property TrainingController controller

    spacing: Tokens.m

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("Which model is to learn?")
        size: EtnaText.Title
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    EtnaText {
        Layout.fillWidth: true
        text: qsTr("The model itself stays as it is. What it learns is kept beside it, as an adapter.")
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.controller.models

        TuneCard {
            id: card

            required property string path
            required property string name
            required property bool chosen
            required property bool usable

            Layout.fillWidth: true
            text: card.name
            checked: card.chosen
            enabled: card.usable
            onClicked: root.controller.chooseModel(card.path)
        }
    }
    EtnaButton {
        text: qsTr("Choose a folder…")
        kind: EtnaButton.Quiet
        symbol: "folder"
        onClicked: dialog.open()
    }
    EtnaText {
        Layout.topMargin: Tokens.m
        text: qsTr("Name of the adapter")
        font.weight: Font.Medium
    }
    EtnaTextField {
        id: name

        Layout.fillWidth: true
        Layout.maximumWidth: Tokens.card
        name: qsTr("Name of the adapter")
        text: root.controller.name
        onTextEdited: root.controller.name = name.text
    }
    FolderDialog {
        id: dialog

        title: qsTr("Choose a model's folder")
        onAccepted: root.controller.chooseFolder(dialog.selectedFolder)
    }
}
