import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// A run in the list of runs.
AbstractButton {
    id: root

    required property string note
    required property bool live
    required property bool current
    required property list<real> spark

    signal removeWanted()

    implicitHeight: words.implicitHeight + 2 * Tokens.s
    hoverEnabled: true
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("%1, %2").arg(root.text).arg(root.note)
    Keys.onDeletePressed: root.removeWanted()
    Keys.onReturnPressed: root.clicked()
    Keys.onEnterPressed: root.clicked()

    contentItem: Item {
        Column {
            id: words

            anchors { left: parent.left; leftMargin: Tokens.s; right: line.left; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }

            EtnaText {
                width: parent.width
                text: root.text
                font.weight: root.current ? Font.Medium : Font.Normal
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                width: parent.width
                text: root.note
                size: EtnaText.Small
                color: root.live ? Tokens.accent : Tokens.text2
                elide: Text.ElideRight
                Accessible.ignored: true
            }
        }
        Sparkline {
            id: line

            anchors { right: parent.right; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
            width: root.spark.length > 1 ? 1.5 * Tokens.row : 0
            height: Tokens.iconLarge
            values: root.spark
            color: root.live ? Tokens.accent : Tokens.text2
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.current ? Tokens.surface : root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing { control: root }
    }
}
