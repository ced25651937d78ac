pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The first start: what this computer can do, and three ways in.
FocusScope {
    id: root

    required property Machine machine

    signal starterChosen()
    signal folderWanted()
    signal looked()

    component Card: Rectangle {
        id: card

        required property string title
        required property string note
        required property string buttonText
        property bool primary: false

        signal clicked()

        Layout.fillWidth: true
        implicitHeight: Math.max(words.implicitHeight, button.implicitHeight) + 2 * Tokens.l
        radius: Tokens.radiusCard
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: Tokens.border

        ColumnLayout {
            id: words

            anchors { left: parent.left; leftMargin: Tokens.l; right: button.left; rightMargin: Tokens.l; verticalCenter: parent.verticalCenter }
            spacing: Tokens.xs

            EtnaText {
                Layout.fillWidth: true
                text: card.title
                font.weight: Font.DemiBold
                wrapMode: Text.Wrap
            }
            EtnaText {
                Layout.fillWidth: true
                text: card.note
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
        }
        EtnaButton {
            id: button

            anchors { right: parent.right; rightMargin: Tokens.l; verticalCenter: parent.verticalCenter }
            text: card.buttonText
            kind: card.primary ? EtnaButton.Primary : EtnaButton.Secondary
            focus: card.primary
            Accessible.description: card.title
            onClicked: card.clicked()
        }
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    Flickable {
        anchors.fill: parent
        contentHeight: Math.max(height, column.implicitHeight + 2 * Tokens.xxl)
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        ColumnLayout {
            id: column

            x: (parent.width - width) / 2
            y: (parent.height - height) / 2
            width: Math.min(Tokens.columnFirstRun, root.width - 2 * Tokens.xl)
            spacing: Tokens.m

            Image {
                source: "image://icons/app"
                sourceSize.width: 6 * Tokens.xl
                sourceSize.height: 6 * Tokens.xl
                Layout.preferredWidth: 3 * Tokens.xl
                Layout.preferredHeight: 3 * Tokens.xl
                Layout.bottomMargin: Tokens.s
                Accessible.ignored: true
            }
            EtnaText {
                text: qsTr("Welcome to Etna.")
                size: EtnaText.Page
                Accessible.role: Accessible.Heading
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.bottomMargin: Tokens.m
                text: root.machine.welcome
                size: EtnaText.Reading
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            Card {
                title: qsTr("Start with Etna Starter")
                note: root.machine.starterSize === ""
                    ? qsTr("Ships inside. A tiny model for trying things out, not a source of facts.")
                    : qsTr("Ships inside, %1. A tiny model for trying things out, not a source of facts.").arg(root.machine.starterSize)
                buttonText: qsTr("Start")
                primary: true
                focus: true
                onClicked: root.starterChosen()
            }
            Card {
                title: qsTr("Use a model I already have")
                note: qsTr("A folder with config.json and safetensors files. It is used where it is, nothing is copied.")
                buttonText: qsTr("Choose a folder…")
                onClicked: root.folderWanted()
            }
            Card {
                title: qsTr("Look around first")
                note: qsTr("You can choose a model at any time.")
                buttonText: qsTr("Look around")
                onClicked: root.looked()
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.m
                text: qsTr("Etna works offline. What you write stays on this computer.")
                size: EtnaText.Small
                color: Tokens.text3
                wrapMode: Text.Wrap
            }
        }
    }
}
