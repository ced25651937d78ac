pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What memory is used for at this moment: a bar for each source, and the numbers.
ColumnLayout {
    id: root

    required property MemoryMonitor monitor

    spacing: Tokens.l

    Repeater {
        model: root.monitor.pools

        ColumnLayout {
            id: pool

            required property string name
            required property string text
            required property string note
            required property double tick
            required property SegmentList segments

            Layout.fillWidth: true
            spacing: Tokens.s

            PoolBar {
                Layout.fillWidth: true
                name: pool.name
                text: pool.text
                note: pool.note
                tick: pool.tick
                segments: pool.segments
            }
            MemoryLegend {
                Layout.fillWidth: true
                segments: pool.segments
            }
        }
    }
    MemoryTable {
        Layout.fillWidth: true
        uses: root.monitor.uses
        severalPools: root.monitor.pools.count > 1
    }
}
