import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A source of memory: its name, its parts as a bar with a tick where the limit is, its numbers.
ColumnLayout {
    id: root

    required property string name
    required property string text
    required property string note
    required property double tick
    required property SegmentList segments

    spacing: Tokens.xs
    Accessible.role: Accessible.Indicator
    Accessible.name: qsTr("%1: %2").arg(root.name).arg(root.text)
    Accessible.description: root.segments ? root.segments.summary : ""

    GridLayout {
        id: heading

        // One below the other where they would not fit side by side.
        columns: name.implicitWidth + numbers.implicitWidth + Tokens.m > root.width ? 1 : 2
        columnSpacing: Tokens.m
        rowSpacing: 0

        EtnaText {
            id: name

            text: root.name
            font.weight: Font.Medium
            Accessible.ignored: true
        }
        EtnaText {
            id: numbers

            Layout.fillWidth: true
            text: root.text
            color: Tokens.text2
            horizontalAlignment: heading.columns === 1 ? Text.AlignLeft : Text.AlignRight
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }
    StackedBar {
        Layout.fillWidth: true
        Layout.preferredHeight: Tokens.bar + 2 * overhang
        segments: root.segments
        colors: Tokens.chart
        groundColor: Tokens.surface
        tickColor: Tokens.text
        tick: root.tick
        overhang: Tokens.xs
    }
    EtnaText {
        Layout.fillWidth: true
        visible: root.note !== ""
        text: root.note
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
}
