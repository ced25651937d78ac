pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// One version to choose: its download, its memory as a bar, and what that means here.
AbstractButton {
    id: root

    required property int index
    required property string label
    required property string download
    required property string memory
    required property string words
    required property int fit
    required property bool recommended
    required property bool known
    required property double tick
    required property SegmentList segments
    required property string spoken

    implicitHeight: column.implicitHeight + 2 * Tokens.s
    checkable: true
    hoverEnabled: true
    Accessible.role: Accessible.RadioButton
    Accessible.name: root.spoken
    Accessible.checked: root.checked

    contentItem: Item {
        Rectangle {
            id: mark

            x: Tokens.s
            y: Tokens.s + (Tokens.lineBody - height) / 2
            width: Tokens.icon
            height: width
            radius: width / 2
            color: Tokens.surface
            border.width: root.checked ? Math.round(0.3 * width) : Tokens.hair
            border.color: root.checked ? Tokens.text2 : Tokens.controlBorder
        }
        Column {
            id: column

            anchors {
                left: mark.right
                leftMargin: Tokens.s
                right: parent.right
                rightMargin: Tokens.s
                top: parent.top
                topMargin: Tokens.s
            }
            spacing: 2

            Item {
                width: parent.width
                height: Tokens.lineBody

                EtnaText {
                    anchors { left: parent.left; right: amount.left; rightMargin: Tokens.s }
                    text: root.label
                    font.weight: root.checked ? Font.DemiBold : Font.Medium
                    elide: Text.ElideMiddle
                    Accessible.ignored: true
                }
                EtnaText {
                    id: amount

                    anchors.right: parent.right
                    text: root.download
                    font.family: Tokens.mono
                    font.pixelSize: Tokens.fontCode
                    color: Tokens.text2
                    Accessible.ignored: true
                }
            }
            Item {
                width: parent.width
                height: Tokens.lineSmall
                visible: root.known

                StackedBar {
                    anchors { left: parent.left; right: need.left; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
                    height: Tokens.m + 2 * overhang
                    segments: root.segments
                    colors: Tokens.chart
                    groundColor: Tokens.surface
                    tickColor: Tokens.text
                    tick: root.tick
                    overhang: 2
                }
                EtnaText {
                    id: need

                    anchors { right: parent.right; verticalCenter: parent.verticalCenter }
                    width: Math.round(7.5 * Tokens.fontSmall)
                    text: root.memory
                    size: EtnaText.Small
                    horizontalAlignment: Text.AlignRight
                    Accessible.ignored: true
                }
            }
            EtnaText {
                width: parent.width
                visible: text !== ""
                text: root.words
                size: EtnaText.Small
                color: root.fit === 3 ? Tokens.bad : root.fit > 0 ? Tokens.warn : root.fit === 0 ? Tokens.ok : Tokens.text2
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.checked ? Tokens.hover : root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing { control: root }
    }
}
