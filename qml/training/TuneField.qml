pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A setting of a run: what it is, one sentence about it, its control, and the way back to the preset's value.
ColumnLayout {
    id: root

    enum Kind { Whole, Number, YesNo, Choice }

    required property TuneSettings controller
    required property string key
    required property string label
    required property string note
    required property int kind
    required property real number
    required property string text
    required property list<string> choices
    required property string guard
    required property bool changed

    spacing: Tokens.xs

    GridLayout {
        Layout.fillWidth: true
        // The control below its words where both side by side would be too narrow.
        columns: root.width < Tokens.card ? 1 : 2
        columnSpacing: Tokens.l
        rowSpacing: Tokens.xs

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            EtnaText {
                Layout.fillWidth: true
                text: root.label
                wrapMode: Text.Wrap
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.note
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
        }
        RowLayout {
            Layout.alignment: Qt.AlignRight | Qt.AlignVCenter
            spacing: Tokens.s

            EtnaIconButton {
                visible: root.changed
                symbol: "refresh"
                text: qsTr("Reset %1").arg(root.label)
                onClicked: root.controller.reset(root.key)
            }
            EtnaTextField {
                id: field

                visible: root.kind === TuneField.Whole || root.kind === TuneField.Number
                Layout.preferredWidth: 3 * Tokens.row
                name: root.label
                text: root.text
                horizontalAlignment: TextInput.AlignRight
                onEditingFinished: {
                    if (field.text !== root.text && !root.controller.setText(root.key, field.text))
                        field.text = Qt.binding(() => root.text)
                }
            }
            EtnaSwitch {
                visible: root.kind === TuneField.YesNo
                name: root.label
                checked: root.number !== 0
                onToggled: root.controller.setNumber(root.key, checked ? 1 : 0)
            }
            EtnaSegments {
                visible: root.kind === TuneField.Choice
                name: root.label
                choices: root.choices
                current: root.number
                onChosen: index => root.controller.setNumber(root.key, index)
            }
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: root.guard !== ""
        text: qsTr("▲ %1").arg(root.guard)
        size: EtnaText.Small
        color: Tokens.warn
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
        Accessible.name: root.guard
    }
}
