import QtQuick
import QtQuick.Controls.Basic

/// What can be done with a thing, at the place where it was asked.
Menu {
    id: root

    padding: Tokens.xs
    implicitWidth: Tokens.list

    background: Item {
        implicitWidth: Tokens.list

        Rectangle {
            anchors.fill: parent
            anchors.margins: -2
            anchors.bottomMargin: -4
            radius: Tokens.radiusCard + 2
            color: Tokens.shadow
        }
        Rectangle {
            anchors.fill: parent
            radius: Tokens.radiusCard
            color: Tokens.surface
            border.width: Tokens.hair
            border.color: Tokens.border
        }
    }
}
