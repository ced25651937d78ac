pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// What the parts of a bar are.
Flow {
    id: root

    required property SegmentList segments

    spacing: Tokens.l

    Repeater {
        model: root.segments

        Row {
            id: entry

            required property string name
            required property string amount
            required property int colorIndex
            required property int pattern

            spacing: Tokens.xs + 2

            PatternSwatch {
                anchors.verticalCenter: parent.verticalCenter
                width: Tokens.swatch
                height: Tokens.swatch
                color: Tokens.chart[entry.colorIndex]
                groundColor: Tokens.surface
                pattern: entry.pattern
            }
            EtnaText {
                text: entry.name
                size: EtnaText.Small
                color: Tokens.text2
            }
            EtnaText {
                text: entry.amount
                size: EtnaText.Small
                font.family: Tokens.mono
            }
        }
    }
}
