import QtQuick

/// Where a result will be.
Item {
    id: root

    required property int index

    implicitHeight: Tokens.lineBody + 2 * Tokens.lineSmall + Tokens.m
    Accessible.ignored: true

    Column {
        x: Tokens.m
        anchors.verticalCenter: parent.verticalCenter
        spacing: Tokens.s

        Rectangle {
            width: root.width * (0.34 + 0.05 * (root.index % 3))
            height: Tokens.fontBody
            radius: Tokens.xs
            color: Tokens.border
        }
        Rectangle {
            width: root.width * (0.26 + 0.04 * (root.index % 4))
            height: Tokens.fontSmall - 2
            radius: Tokens.xs
            color: Tokens.sunken
        }
    }
    Rectangle {
        anchors { right: parent.right; rightMargin: Tokens.m; verticalCenter: parent.verticalCenter }
        width: Math.round(11.5 * Tokens.fontBody)
        height: Tokens.s
        radius: Tokens.xs
        color: Tokens.border
    }
}
