pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Who holds how much: a click on a column's name sorts by it.
ColumnLayout {
    id: root

    required property UseList uses
    required property bool severalPools

    component Header: AbstractButton {
        id: header

        required property int column

        readonly property bool chosen: root.uses.sortColumn === header.column

        implicitWidth: label.implicitWidth
        implicitHeight: Tokens.control
        Accessible.role: Accessible.ColumnHeader
        Accessible.name: !header.chosen ? qsTr("Sort by %1").arg(header.text)
            : root.uses.descending ? qsTr("Sorted by %1, largest first").arg(header.text)
            : qsTr("Sorted by %1, smallest first").arg(header.text)
        onClicked: root.uses.sortBy(header.column)

        contentItem: EtnaText {
            id: label

            text: !header.chosen ? header.text : root.uses.descending ? qsTr("%1 ↓").arg(header.text)
                : qsTr("%1 ↑").arg(header.text)
            size: EtnaText.Small
            font.weight: header.chosen ? Font.DemiBold : Font.Medium
            color: header.hovered || header.chosen ? Tokens.text : Tokens.text3
            Accessible.ignored: true
        }
        background: Item {
            FocusRing { control: header }
        }
    }
    component Line: Rectangle {
        Layout.fillWidth: true
        implicitHeight: Tokens.hair
        color: Tokens.border
    }

    readonly property int amountWidth: Math.round(6 * Tokens.fontBody)
    readonly property int kindWidth: Math.round(10 * Tokens.fontBody)
    readonly property int poolWidth: Math.round(13 * Tokens.fontBody)

    spacing: 0

    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.m

        Item {
            Layout.preferredWidth: root.kindWidth
            implicitHeight: Tokens.control

            Header { text: qsTr("Kind"); column: UseList.KindColumn }
        }
        Item {
            Layout.fillWidth: true
            implicitHeight: Tokens.control

            Header { text: qsTr("Owner"); column: UseList.OwnerColumn }
        }
        Item {
            Layout.preferredWidth: root.poolWidth
            visible: root.severalPools
            implicitHeight: Tokens.control

            Header { text: qsTr("Where"); column: UseList.PoolColumn }
        }
        Item {
            Layout.preferredWidth: root.amountWidth
            implicitHeight: Tokens.control

            Header { anchors.right: parent.right; text: qsTr("Now"); column: UseList.BytesColumn }
        }
        Item {
            Layout.preferredWidth: root.amountWidth
            implicitHeight: Tokens.control

            Header { anchors.right: parent.right; text: qsTr("Most"); column: UseList.PeakColumn }
        }
        EtnaIconButton {
            symbol: "copy"
            text: qsTr("Copy the table")
            onClicked: App.copy(root.uses.copyText())
        }
    }
    Line {}
    EtnaText {
        Layout.topMargin: Tokens.s
        visible: root.uses.count === 0
        text: qsTr("Nothing is held: no model is loaded.")
        color: Tokens.text2
    }
    Repeater {
        model: root.uses

        RowLayout {
            id: row

            required property string kind
            required property string owner
            required property string pool
            required property string amount
            required property string peak
            required property string spoken

            Layout.fillWidth: true
            Layout.preferredHeight: Tokens.lineBody + Tokens.s
            spacing: Tokens.m
            Accessible.role: Accessible.Row
            Accessible.name: row.spoken

            EtnaText {
                Layout.preferredWidth: root.kindWidth
                text: row.kind
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                Layout.fillWidth: true
                text: row.owner
                elide: Text.ElideMiddle
                Accessible.ignored: true
            }
            EtnaText {
                Layout.preferredWidth: root.poolWidth
                visible: root.severalPools
                text: row.pool
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                Layout.preferredWidth: root.amountWidth
                text: row.amount
                horizontalAlignment: Text.AlignRight
                font.family: Tokens.mono
                font.pixelSize: Tokens.fontCode
                Accessible.ignored: true
            }
            EtnaText {
                Layout.preferredWidth: root.amountWidth
                text: row.peak
                horizontalAlignment: Text.AlignRight
                font.family: Tokens.mono
                font.pixelSize: Tokens.fontCode
                color: Tokens.text2
                Accessible.ignored: true
            }
            Item { Layout.preferredWidth: Tokens.control }
        }
    }
}
