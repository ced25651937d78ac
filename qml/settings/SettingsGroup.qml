import QtQuick
import QtQuick.Layouts

/// Settings that belong together, on one card.
ColumnLayout {
    id: root

    required property string title
    default property alias rows: rows.data

    Layout.fillWidth: true
    Layout.bottomMargin: Tokens.m
    spacing: Tokens.s

    EtnaText {
        text: root.title
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: rows.implicitHeight
        radius: Tokens.radiusCard
        color: Tokens.transparent
        border.width: Tokens.hair
        border.color: Tokens.border

        ColumnLayout {
            id: rows

            anchors { left: parent.left; right: parent.right }
            spacing: 0
        }
    }
}
