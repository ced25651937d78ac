import QtQuick
import QtQuick.Controls.Basic

/// A button with a symbol only; its name is its tooltip.
AbstractButton {
    id: root

    required property string symbol
    property string shortcutText: ""
    property color ink: Tokens.text2
    property bool solid: false
    property int extent: Tokens.control

    implicitWidth: root.extent
    implicitHeight: root.extent
    hoverEnabled: true
    Accessible.name: root.text

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            name: root.symbol
            color: root.solid ? (root.enabled ? Tokens.accentInk : Tokens.text3) : root.hovered && root.enabled ? Tokens.text : root.ink
            opacity: root.enabled || root.solid ? 1 : 0.5
        }
    }
    background: Rectangle {
        radius: root.solid ? height / 2 : Tokens.radiusControl
        color: root.solid ? (root.enabled ? Tokens.accent : Tokens.sunken) : Tokens.transparent

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: root.down ? Tokens.press : root.hovered && root.enabled ? Tokens.hover : Tokens.transparent

            Behavior on color { ColorAnimation { duration: Tokens.quick } }
        }
        FocusRing {
            control: root
            corner: parent.radius
        }
    }

    EtnaToolTip {
        text: root.shortcutText === "" ? root.text : qsTr("%1 (%2)").arg(root.text).arg(root.shortcutText)
        shown: root.hovered
    }
}
