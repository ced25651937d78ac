import QtQuick
import QtQuick.Controls.Basic

/// On or off, at once.
Switch {
    id: root

    required property string name

    implicitWidth: Tokens.row
    implicitHeight: Tokens.iconLarge
    padding: 0
    Accessible.name: root.name

    indicator: Rectangle {
        width: root.width
        height: root.height
        radius: height / 2
        color: !root.enabled ? Tokens.sunken : root.checked ? Tokens.text2 : Tokens.surface
        border.width: root.checked && root.enabled ? 0 : Tokens.hair
        border.color: root.enabled ? Tokens.controlBorder : Tokens.border

        Rectangle {
            x: root.checked ? parent.width - width - Tokens.xs : Tokens.xs
            anchors.verticalCenter: parent.verticalCenter
            width: parent.height - Tokens.s
            height: width
            radius: width / 2
            color: root.checked && root.enabled ? Tokens.surface : Tokens.controlBorder

            Behavior on x { NumberAnimation { duration: Tokens.quick; easing.type: Easing.OutCubic } }
        }
        FocusRing {
            control: root
            corner: parent.height / 2
        }
    }
    contentItem: Item {}
}
