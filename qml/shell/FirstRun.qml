pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// The first start: what this computer can do, and three ways in.
FocusScope {
    id: root

    required property Machine machine
    required property FirstRunController controller

    signal downloadChosen()
    signal starterChosen()
    signal othersWanted()
    signal folderWanted()
    signal fileWanted()
    signal foundWanted()
    signal looked()
    signal connectionsWanted()
    signal driverHelpWanted()

    component Card: Rectangle {
        id: card

        required property string title
        required property string note
        default property alias buttons: buttons.data

        Layout.fillWidth: true
        implicitHeight: words.implicitHeight + 2 * Tokens.l
        radius: Tokens.radiusCard
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: Tokens.border

        ColumnLayout {
            id: words

            anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.l }
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
            Flow {
                id: buttons

                Layout.fillWidth: true
                Layout.topMargin: Tokens.s
                spacing: Tokens.s
            }
        }
    }

    Component.onCompleted: {
        if (root.visible)
            root.controller.look()
    }
    onVisibleChanged: {
        if (!root.visible)
            root.controller.leave()
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    FocusFollower {
        page: page
        scope: root
    }
    Flickable {
        id: page

        anchors.fill: parent
        contentHeight: Math.max(height, column.implicitHeight + 2 * Tokens.xl)
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        ScrollBar.vertical: EtnaScrollBar {}

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
                Layout.preferredWidth: 2 * Tokens.xl
                Layout.preferredHeight: 2 * Tokens.xl
                Accessible.ignored: true
            }
            EtnaText {
                text: qsTr("Welcome to Etna.")
                size: EtnaText.Page
                Accessible.role: Accessible.Heading
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.bottomMargin: Tokens.s
                text: root.machine.welcome
                size: EtnaText.Reading
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaButton {
                Layout.leftMargin: -Tokens.m
                Layout.topMargin: -Tokens.s
                visible: root.machine.lacksGpu
                text: qsTr("How to fix this")
                kind: EtnaButton.Quiet
                onClicked: root.driverHelpWanted()
            }
            Card {
                title: root.controller.name !== "" ? qsTr("Start with %1").arg(root.controller.name) : qsTr("Download a model")
                note: root.controller.note

                EtnaButton {
                    text: qsTr("Download and start")
                    kind: EtnaButton.Primary
                    enabled: root.controller.canDownload
                    focus: enabled
                    onClicked: root.downloadChosen()
                }
                EtnaButton {
                    text: qsTr("Choose another")
                    focus: !root.controller.canDownload
                    onClicked: root.othersWanted()
                }
            }
            Card {
                title: qsTr("Use a model I already have")
                note: root.controller.found !== "" ? root.controller.found
                    : qsTr("A GGUF file, or a folder with config.json and safetensors files. Nothing is copied. You can drop it here.")

                EtnaButton {
                    visible: root.controller.found !== ""
                    text: qsTr("Show them")
                    onClicked: root.foundWanted()
                }
                EtnaButton {
                    text: qsTr("Choose a file…")
                    onClicked: root.fileWanted()
                }
                EtnaButton {
                    text: qsTr("Choose a folder…")
                    onClicked: root.folderWanted()
                }
            }
            Card {
                title: qsTr("Look around first")
                note: root.machine.starterSize === ""
                    ? qsTr("A tiny model inside Etna is there to try things out; it is no source of facts.")
                    : qsTr("A tiny model inside Etna (%1) is there to try things out; it is no source of facts.")
                        .arg(root.machine.starterSize)

                EtnaButton {
                    text: qsTr("Try the tiny model")
                    onClicked: root.starterChosen()
                }
                EtnaButton {
                    text: qsTr("Look around")
                    onClicked: root.looked()
                }
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.xs
                text: qsTr("Etna works offline. It contacts Hugging Face only when you search or download. What you write stays on this computer.")
                size: EtnaText.Small
                color: Tokens.text3
                wrapMode: Text.Wrap
            }
            EtnaButton {
                Layout.leftMargin: -Tokens.m
                Layout.topMargin: -Tokens.s
                text: qsTr("See every connection it can make")
                kind: EtnaButton.Quiet
                onClicked: root.connectionsWanted()
            }
        }
    }
}
