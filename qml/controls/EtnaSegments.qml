pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic

/// One of a few, all in sight.
Rectangle {
    id: root

    required property list<string> choices
    required property string name
    property int current: 0

    signal chosen(index: int)

    function focusCurrent() {
        items.itemAt(root.current)?.forceActiveFocus(Qt.TabFocusReason)
    }

    implicitWidth: row.implicitWidth + 2 * Tokens.xs
    implicitHeight: Tokens.control + Tokens.xs
    radius: Tokens.radiusControl + 2
    color: Tokens.sunken
    Accessible.role: Accessible.Grouping
    Accessible.name: root.name

    Row {
        id: row

        anchors.centerIn: parent

        Repeater {
            id: items

            model: root.choices

            AbstractButton {
                id: choice

                required property string modelData
                required property int index

                checkable: true
                checked: root.current === choice.index
                implicitWidth: Math.max(label.implicitWidth + 2 * Tokens.l, 2 * Tokens.row)
                implicitHeight: Tokens.control - Tokens.xs
                Accessible.role: Accessible.RadioButton
                Accessible.name: choice.modelData
                Accessible.checked: choice.checked

                onClicked: root.chosen(choice.index)

                contentItem: Item {
                    EtnaText {
                        id: label

                        anchors.centerIn: parent
                        text: choice.modelData
                        color: !root.enabled ? Tokens.text3 : choice.checked ? Tokens.text : Tokens.text2
                        font.weight: choice.checked ? Font.Medium : Font.Normal
                        Accessible.ignored: true
                    }
                }
                background: Rectangle {
                    radius: Tokens.radiusControl
                    color: choice.checked ? Tokens.surface : choice.hovered ? Tokens.hover : Tokens.transparent
                    border.width: choice.checked ? Tokens.hair : 0
                    border.color: Tokens.border

                    FocusRing { control: choice }
                }
            }
        }
    }
}
