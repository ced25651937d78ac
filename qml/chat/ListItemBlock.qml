import QtQuick

/// One item of a list: its marker, then its text.
Item {
    id: root

    required property string html
    required property string plain
    required property string marker
    required property int level
    required property bool caret

    signal textChosen()

    implicitHeight: words.height

    SelectableText {
        x: (root.level - 1) * Tokens.xl
        width: Tokens.xl - Tokens.xs
        selectByMouse: false
        text: Tokens.document(root.marker, Tokens.lineReading)
        plain: root.marker
        color: Tokens.text2
        horizontalAlignment: TextEdit.AlignRight
    }
    TextBlock {
        id: words

        x: root.level * Tokens.xl + Tokens.xs
        width: root.width - x
        html: root.html
        plain: root.plain
        caret: root.caret
        onTextChosen: root.textChosen()
    }
}
