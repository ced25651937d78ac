pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A chat without messages: what is ready, and four ways to begin.
Item {
    id: root

    required property ChatController controller
    required property LibraryController library

    readonly property bool expecting: root.controller.expected !== "" && !root.library.loaded
    readonly property bool idle: !root.library.loaded && !root.library.loading && !root.library.problem.set
        && !root.expecting
    readonly property list<string> starters: [
        qsTr("Tell me a story about a brave little dragon."),
        qsTr("Tell me a joke."),
        qsTr("Make a list of five animals that live in the forest."),
        qsTr("What is the capital of Italy?")
    ]

    signal pickerWanted()
    signal filled()
    signal remedyWanted(action: int)

    ColumnLayout {
        anchors.centerIn: parent
        width: Math.min(Tokens.column, root.width - 2 * Tokens.xl)
        spacing: Tokens.s

        Image {
            Layout.alignment: Qt.AlignHCenter
            Layout.bottomMargin: Tokens.s
            source: "image://icons/app"
            sourceSize.width: 4 * Tokens.xl
            sourceSize.height: 4 * Tokens.xl
            Layout.preferredWidth: 2 * Tokens.xl
            Layout.preferredHeight: 2 * Tokens.xl
            Accessible.ignored: true
        }
        EtnaText {
            Layout.alignment: Qt.AlignHCenter
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            text: root.library.loaded ? root.library.name : root.library.loading || root.expecting ? qsTr("Getting the model ready")
                : root.library.problem.set ? root.library.problem.code === "E-MEM-04"
                ? qsTr("%1 was unloaded").arg(root.library.failedName)
                : qsTr("%1 could not be loaded").arg(root.library.failedName)
                : qsTr("Choose a model to begin")
            size: EtnaText.Title
            elide: Text.ElideMiddle
            Accessible.role: Accessible.Heading
        }
        EtnaText {
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            visible: text !== ""
            text: root.library.loaded ? root.library.description
                : root.library.loading ? qsTr("You can type already. Your message is sent when the model is ready.")
                : root.library.problem.set ? "" : root.expecting
                ? qsTr("%1. You can type already; your message is sent when the model is ready.").arg(root.controller.expected)
                : qsTr("A model is what answers you. It runs on this computer alone.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            visible: text !== ""
            text: root.library.warnings
            size: EtnaText.Small
            color: Tokens.warn
            wrapMode: Text.Wrap
        }
        RowLayout {
            Layout.alignment: Qt.AlignHCenter
            Layout.topMargin: Tokens.l
            visible: root.idle
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("Choose model")
                kind: EtnaButton.Primary
                onClicked: root.pickerWanted()
            }
            EtnaButton {
                visible: root.library.lastName !== ""
                text: qsTr("Load %1 again").arg(root.library.lastName)
                onClicked: root.library.loadLast()
            }
        }
        LoadCard {
            Layout.fillWidth: true
            Layout.maximumWidth: 2 * Tokens.list
            Layout.alignment: Qt.AlignHCenter
            Layout.topMargin: Tokens.l
            visible: root.library.loading
            library: root.library
        }
        ProblemCard {
            Layout.fillWidth: true
            Layout.maximumWidth: 2 * Tokens.list + Tokens.xxl
            Layout.alignment: Qt.AlignHCenter
            Layout.topMargin: Tokens.l
            visible: root.library.problem.set && !root.library.loaded
            trouble: root.library.problem
            onAct: action => root.remedyWanted(action)
        }
        GridLayout {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.xl
            visible: root.library.loaded
            columns: root.width < Tokens.column ? 1 : 2
            columnSpacing: Tokens.m
            rowSpacing: Tokens.m

            Repeater {
                model: root.starters

                StarterCard {
                    required property string modelData

                    text: modelData
                    onClicked: {
                        root.controller.draft = modelData
                        root.filled()
                    }
                }
            }
        }
    }
}
