pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What models held lately, and what happened. Pointing or the arrow keys read it.
ColumnLayout {
    id: root

    required property MemoryHistory history

    spacing: Tokens.s

    Plot {
        id: plot

        Layout.fillWidth: true
        Layout.preferredHeight: Tokens.plot
        source: root.history
        colors: Tokens.chart
        textColor: Tokens.text2
        gridColor: Tokens.border
        groundColor: Tokens.surface
        troubleColor: Tokens.bad
        font.family: Tokens.family
        font.pixelSize: Tokens.fontSmall
        Accessible.role: Accessible.Chart
        Accessible.name: qsTr("Memory over time")
        Accessible.description: plot.reading ? plot.readout : root.history.summary

        Rectangle {
            anchors.fill: parent
            visible: plot.activeFocus
            radius: Tokens.radiusControl
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
        }
        Rectangle {
            visible: plot.reading
            x: plot.cursorX
            y: plot.area.y
            width: Tokens.hair
            height: plot.area.height
            color: Tokens.text
        }
        Rectangle {
            readonly property bool toTheLeft: plot.cursorX > plot.width / 2

            visible: plot.reading
            x: toTheLeft ? plot.cursorX - width - Tokens.s : plot.cursorX + Tokens.s
            y: plot.area.y
            width: readout.implicitWidth + 2 * Tokens.s
            height: readout.implicitHeight + Tokens.s
            radius: Tokens.radiusControl
            color: Tokens.text

            EtnaText {
                id: readout

                anchors.centerIn: parent
                text: plot.readout
                size: EtnaText.Small
                color: Tokens.window
                Accessible.ignored: true
            }
        }
    }
}
