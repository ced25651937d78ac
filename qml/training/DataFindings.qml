pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What is wrong with the rows, worst first, with what can be done about it.
ColumnLayout {
    id: root

    required property DataDesk desk

    readonly property list<string> signs: ["●", "▲", "◆"]
    readonly property list<string> words: [qsTr("Note"), qsTr("Warning"), qsTr("Error")]
    readonly property list<color> tones: [Tokens.info, Tokens.warn, Tokens.bad]

    spacing: Tokens.s

    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: root.desk.rowsText
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        EtnaProgressBar {
            Layout.preferredWidth: 3 * Tokens.row
            visible: root.desk.looking
            name: qsTr("Looking at the rows")
            value: root.desk.progress
        }
    }
    Repeater {
        model: root.desk.findings

        RowLayout {
            id: row

            required property int index
            required property int level
            required property string text
            required property list<string> actions

            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaText {
                Layout.alignment: Qt.AlignTop
                text: root.signs[row.level]
                color: root.tones[row.level]
                Accessible.name: root.words[row.level]
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: Tokens.xs

                EtnaText {
                    Layout.fillWidth: true
                    text: row.text
                    wrapMode: Text.Wrap
                    Accessible.name: qsTr("%1: %2").arg(root.words[row.level]).arg(row.text)
                }
                Flow {
                    Layout.fillWidth: true
                    visible: row.actions.length > 0
                    spacing: Tokens.s

                    Repeater {
                        model: row.actions

                        EtnaButton {
                            id: action

                            required property string modelData
                            required property int index

                            text: action.modelData
                            kind: action.index === 0 ? EtnaButton.Quiet : EtnaButton.Secondary
                            Accessible.description: row.text
                            onClicked: root.desk.act(row.index, action.index)
                        }
                    }
                }
            }
        }
    }
}
