pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// A table of a reply; a wide one scrolls by itself.
Flickable {
    id: root

    required property int columns
    required property list<string> cells

    implicitHeight: grid.height + (root.interactive ? Tokens.m : 0)
    contentWidth: grid.width
    contentHeight: height
    clip: true
    flickableDirection: Flickable.HorizontalFlick
    boundsBehavior: Flickable.StopAtBounds
    interactive: contentWidth > width
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Table")

    ScrollBar.horizontal: EtnaScrollBar { policy: root.interactive ? ScrollBar.AlwaysOn : ScrollBar.AsNeeded }

    GridLayout {
        id: grid

        columns: Math.max(1, root.columns)
        columnSpacing: 0
        rowSpacing: 0

        Repeater {
            model: root.cells

            Rectangle {
                id: cell

                required property string modelData
                required property int index

                readonly property bool heading: cell.index < root.columns

                Layout.fillWidth: true
                Layout.fillHeight: true
                implicitWidth: Math.min(words.implicitWidth, Tokens.list) + 2 * Tokens.m
                implicitHeight: words.height + 2 * Tokens.s
                color: cell.heading ? Tokens.window : Tokens.transparent

                SelectableText {
                    id: words

                    x: Tokens.m
                    y: Tokens.s
                    width: Math.min(implicitWidth, Tokens.list)
                    text: Tokens.document(cell.modelData, Tokens.lineBody)
                    plain: cell.modelData
                    font.pixelSize: Tokens.fontBody
                    font.weight: cell.heading ? Font.DemiBold : Font.Normal
                }
                Rectangle {
                    anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
                    height: Tokens.hair
                    color: Tokens.border
                }
            }
        }
    }
}
