import QtQuick
import QtQuick.Controls.Basic

/// A button with words. At most one on a screen is primary.
Button {
    id: root

    enum Kind { Secondary, Primary, Quiet }

    property int kind: EtnaButton.Secondary
    property string symbol: ""
    property string tip: ""

    property color ink: !root.enabled ? Tokens.text3
        : root.kind === EtnaButton.Primary ? Tokens.accentInk : Tokens.text

    implicitHeight: Tokens.control
    leftPadding: Tokens.m
    rightPadding: Tokens.m
    topPadding: 0
    bottomPadding: 0
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    font.weight: root.kind === EtnaButton.Quiet ? Font.Normal : Font.Medium
    hoverEnabled: true
    Accessible.name: root.text
    Accessible.description: root.tip

    contentItem: Item {
        implicitWidth: content.implicitWidth
        implicitHeight: content.implicitHeight

        Row {
            id: content

            anchors.centerIn: parent
            spacing: Tokens.s

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.symbol !== ""
                name: root.symbol
                color: root.ink
            }
            EtnaText {
                text: root.text
                font: root.font
                color: root.ink
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.kind === EtnaButton.Primary ? (root.enabled ? Tokens.accent : Tokens.sunken)
            : root.kind === EtnaButton.Secondary ? Tokens.surface : Tokens.transparent
        border.width: root.kind === EtnaButton.Secondary ? Tokens.hair : 0
        border.color: root.enabled ? Tokens.controlBorder : Tokens.border

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: root.down ? Tokens.press : root.hovered && root.enabled ? Tokens.hover : Tokens.transparent

            Behavior on color { ColorAnimation { duration: Tokens.quick } }
        }
        FocusRing { control: root }
    }

    EtnaToolTip {
        text: root.tip
        shown: root.hovered && root.tip !== ""
    }
}
