pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic

/// A number between two others. Marks are places between its ends, 0 to 1; the tick is one that matters.
Slider {
    id: root

    required property string name
    property list<real> marks: []
    property real tick: -1

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
            color: root.enabled ? Tokens.text2 : Tokens.controlBorder
        }
        Repeater {
            model: root.marks

            Rectangle {
                id: mark

                required property real modelData

                x: root.handle.width / 2 + mark.modelData * (root.availableWidth - root.handle.width) - width / 2
                y: Tokens.s + 2
                width: Tokens.hair
                height: Tokens.xs
                color: Tokens.controlBorder
            }
        }
        Rectangle {
            visible: root.tick >= 0
            x: root.handle.width / 2 + root.tick * (root.availableWidth - root.handle.width) - width / 2
            y: -Tokens.s
            width: 2
            height: 2 * Tokens.s + Tokens.xs
            color: Tokens.text
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
