import QtQuick
import QtQuick.Controls.Basic

/// A thin bar that stays out of the way until it is needed.
ScrollBar {
    id: root

    padding: 2
    minimumSize: 0.06

    contentItem: Rectangle {
        implicitWidth: root.hovered || root.pressed ? Tokens.s : Tokens.xs
        implicitHeight: root.hovered || root.pressed ? Tokens.s : Tokens.xs
        radius: width / 2
        color: root.pressed ? Tokens.text3 : Tokens.controlBorder
        opacity: root.policy === ScrollBar.AlwaysOn || (root.size < 1 && (root.active || root.hovered)) ? 0.7 : 0

        Behavior on opacity { NumberAnimation { duration: Tokens.pane } }
    }
    background: Item {}
}
