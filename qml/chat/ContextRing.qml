import QtQuick
import QtQuick.Controls.Basic

/// How much of the model's context the chat takes; pressed, it says what takes it.
AbstractButton {
    id: root

    required property real used

    readonly property color ink: root.used >= 0.95 ? Tokens.bad : root.used >= 0.75 ? Tokens.warn : Tokens.text2
    readonly property color track: Tokens.border

    implicitWidth: Tokens.control
    implicitHeight: Tokens.control
    hoverEnabled: true
    Accessible.name: qsTr("Context: %1").arg(root.text)

    onUsedChanged: ring.requestPaint()
    onInkChanged: ring.requestPaint()
    onTrackChanged: ring.requestPaint()

    contentItem: Item {
        Canvas {
            id: ring

            anchors.centerIn: parent
            width: Tokens.iconLarge
            height: Tokens.iconLarge

            onPaint: {
                const context = ring.getContext("2d")
                context.reset()
                context.lineWidth = 2.5
                context.strokeStyle = root.track
                context.beginPath()
                context.arc(ring.width / 2, ring.height / 2, ring.width / 2 - 2, 0, 2 * Math.PI)
                context.stroke()
                context.strokeStyle = root.ink
                context.beginPath()
                context.arc(ring.width / 2, ring.height / 2, ring.width / 2 - 2, -Math.PI / 2,
                    (2 * root.used - 0.5) * Math.PI)
                context.stroke()
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.down ? Tokens.press : root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing { control: root }
    }

    EtnaToolTip {
        text: root.text
        shown: root.hovered
    }
}
