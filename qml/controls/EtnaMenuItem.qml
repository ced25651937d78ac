import QtQuick
import QtQuick.Controls.Basic

/// One thing to do.
MenuItem {
    id: root

    implicitHeight: Tokens.row - Tokens.xs
    leftPadding: Tokens.m
    rightPadding: Tokens.m
    topPadding: 0
    bottomPadding: 0
    Accessible.role: Accessible.MenuItem
    Accessible.name: root.text

    contentItem: EtnaText {
        text: root.text
        color: root.enabled ? Tokens.text : Tokens.text3
        elide: Text.ElideRight
        Accessible.ignored: true
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.highlighted && root.enabled ? Tokens.hover : Tokens.transparent
    }
}
