import QtQuick

/// Running text of a reply; while it grows a caret stands at its end.
SelectableText {
    id: root

    required property string html
    property int line: Tokens.lineReading
    property bool caret: false

    // The arguments are what the position depends on.
    function endOfText(length: int, width: real, height: real): rect {
        return root.positionToRectangle(length)
    }

    text: Tokens.document(root.html, root.line)

    Rectangle {
        readonly property rect end: root.endOfText(root.length, root.width, root.contentHeight)

        visible: root.caret
        x: Math.min(end.x + 3, root.width - width)
        y: end.y + (end.height - height) / 2
        width: 2
        height: Tokens.lineBody
        color: Tokens.accent
    }
}
