import QtQuick
import QtQuick.Controls.Basic

/// One part of the status strip.
AbstractButton {
    id: root

    property string tip: ""
    property color dot: Tokens.transparent
    property real gauge: -1
    property color gaugeColor: Tokens.ok
    property string shape: ""
    property bool ticking: false

    implicitWidth: content.implicitWidth + 2 * Tokens.s
    implicitHeight: Tokens.strip - Tokens.hair
    Accessible.name: root.text
    Accessible.description: root.tip

    contentItem: Item {
        Row {
            id: content

            anchors.centerIn: parent
            spacing: Tokens.s

            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.dot.a > 0
                width: Tokens.s
                height: Tokens.s
                radius: Tokens.xs
                color: root.dot
            }
            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.gauge >= 0
                width: Tokens.row
                height: Tokens.xs
                radius: 2
                color: Tokens.border

                Rectangle {
                    width: Math.max(parent.height, parent.width * root.gauge)
                    height: parent.height
                    radius: 2
                    color: root.gaugeColor
                }
            }
            EtnaText {
                anchors.verticalCenter: parent.verticalCenter
                text: root.text
                size: EtnaText.Small
                font.family: root.ticking ? Tokens.mono : Tokens.family
                color: Tokens.text2
                Accessible.ignored: true
            }
            EtnaText {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.shape !== ""
                text: root.shape
                size: EtnaText.Small
                color: root.gaugeColor
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        color: root.down ? Tokens.press : root.hovered ? Tokens.hover : Tokens.transparent

        Rectangle {
            anchors { fill: parent; margins: 1 }
            visible: root.visualFocus
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
            radius: Tokens.xs
        }
    }

    EtnaToolTip {
        text: root.tip
        shown: root.hovered && root.tip !== ""
    }
}
