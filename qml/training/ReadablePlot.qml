import QtQuick
import Etna.Gui

/// A plot whose values are read by pointing at it or with the arrow keys.
Plot {
    id: root

    required property string name
    required property string summary

    colors: Tokens.chart
    textColor: Tokens.text2
    gridColor: Tokens.border
    groundColor: Tokens.surface
    troubleColor: Tokens.bad
    font.family: Tokens.family
    font.pixelSize: Tokens.fontSmall
    Accessible.role: Accessible.Chart
    Accessible.name: root.name
    Accessible.description: root.reading ? root.readout : root.summary

    Rectangle {
        anchors.fill: parent
        visible: root.activeFocus
        radius: Tokens.radiusControl
        color: Tokens.transparent
        border { width: 2; color: Tokens.focus }
    }
    Rectangle {
        visible: root.reading
        x: root.cursorX
        y: root.area.y
        width: Tokens.hair
        height: root.area.height
        color: Tokens.text
    }
    Rectangle {
        readonly property bool toTheLeft: root.cursorX > root.width / 2

        visible: root.reading
        x: toTheLeft ? root.cursorX - width - Tokens.s : root.cursorX + Tokens.s
        y: root.area.y
        width: words.implicitWidth + 2 * Tokens.s
        height: words.implicitHeight + Tokens.s
        radius: Tokens.radiusControl
        color: Tokens.text

        EtnaText {
            id: words

            anchors.centerIn: parent
            text: root.readout
            size: EtnaText.Small
            color: Tokens.window
            Accessible.ignored: true
        }
    }
}
