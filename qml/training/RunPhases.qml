pragma ComponentBehavior: Bound

import QtQuick

/// How far a run is: Preparing, Loading, Training, Saving.
Flow {
    id: root

    required property int phase

    readonly property list<string> names: [qsTr("Preparing"), qsTr("Loading"), qsTr("Training"), qsTr("Saving")]

    spacing: Tokens.m
    Accessible.role: Accessible.Indicator
    Accessible.name: root.phase < 4 ? qsTr("Phase: %1").arg(root.names[root.phase]) : qsTr("All phases are done")

    Repeater {
        model: root.names

        Row {
            id: entry

            required property string modelData
            required property int index

            spacing: Tokens.xs + 2

            EtnaText {
                text: entry.index < root.phase ? "✓" : entry.index === root.phase ? "●" : "○"
                color: entry.index === root.phase ? Tokens.accent : Tokens.text3
                Accessible.ignored: true
            }
            EtnaText {
                text: entry.modelData
                color: entry.index === root.phase ? Tokens.text : Tokens.text2
                font.weight: entry.index === root.phase ? Font.Medium : Font.Normal
                Accessible.ignored: true
            }
        }
    }
}
