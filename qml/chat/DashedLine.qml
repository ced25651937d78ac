import QtQuick

/// A line of dashes, for what does not last.
Canvas {
    id: root

    readonly property color ink: Tokens.controlBorder

    height: 2
    Accessible.ignored: true
    onInkChanged: requestPaint()
    onWidthChanged: requestPaint()
    onPaint: {
        const context = root.getContext("2d")
        context.reset()
        context.lineWidth = 2
        context.strokeStyle = root.ink
        context.setLineDash([Tokens.xs, Tokens.xs / 2])
        context.beginPath()
        context.moveTo(0, 1)
        context.lineTo(root.width, 1)
        context.stroke()
    }
}
