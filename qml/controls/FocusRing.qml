import QtQuick
import QtQuick.Templates as T

/// The ring around a control that has the keyboard.
Rectangle {
    id: root

    required property T.Control control
    property int corner: Tokens.radiusControl

    anchors.fill: parent
    anchors.margins: -Tokens.xs
    radius: root.corner + Tokens.xs
    color: Tokens.transparent
    border.width: 2
    border.color: Tokens.focus
    visible: root.control.visualFocus
}
