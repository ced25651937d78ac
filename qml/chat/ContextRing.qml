import QtQuick

/// How much of the model's context the chat takes.
Canvas {
    id: root

    required property real used
    required property string text

    readonly property color ink: root.used >= 0.95 ? Tokens.bad : root.used >= 0.75 ? Tokens.warn : Tokens.text2
    readonly property color track: Tokens.border

    width: Tokens.iconLarge
    height: Tokens.iconLarge
    visible: root.used > 0
    Accessible.role: Accessible.Indicator
    Accessible.name: root.text

    onUsedChanged: requestPaint()
    onInkChanged: requestPaint()
    onTrackChanged: requestPaint()
    onPaint: {
        const context = root.getContext("2d")
        context.reset()
        context.lineWidth = 2.5
        context.strokeStyle = root.track
        context.beginPath()
        context.arc(root.width / 2, root.height / 2, root.width / 2 - 2, 0, 2 * Math.PI)
        context.stroke()
        context.strokeStyle = root.ink
        context.beginPath()
        context.arc(root.width / 2, root.height / 2, root.width / 2 - 2, -Math.PI / 2, (2 * root.used - 0.5) * Math.PI)
        context.stroke()
    }

    HoverHandler { id: hover }
    EtnaToolTip {
        text: root.text
        shown: hover.hovered
    }
}
