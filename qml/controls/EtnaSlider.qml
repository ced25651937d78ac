import QtQuick
import QtQuick.Controls.Basic

/// A number between two others.
Slider {
    id: root

    required property string name

    implicitWidth: Tokens.list - 2 * Tokens.xl
    implicitHeight: Tokens.control
    padding: 0
    Accessible.name: root.name

    background: Rectangle {
        x: root.leftPadding
        y: root.topPadding + (root.availableHeight - height) / 2
        width: root.availableWidth
        height: Tokens.xs
        radius: 2
        color: Tokens.border

        Rectangle {
            width: root.visualPosition * parent.width
            height: parent.height
            radius: 2
            color: Tokens.text2
        }
    }
    handle: Rectangle {
        x: root.leftPadding + root.visualPosition * (root.availableWidth - width)
        y: root.topPadding + (root.availableHeight - height) / 2
        width: Tokens.iconLarge
        height: width
        radius: width / 2
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: Tokens.controlBorder

        FocusRing {
            control: root
            corner: parent.width / 2
        }
    }
}
