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

    EtnaText {
        x: (root.level - 1) * Tokens.xl
        width: Tokens.xl - Tokens.xs
        text: root.marker
        size: EtnaText.Reading
        color: Tokens.text2
        horizontalAlignment: Text.AlignRight
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
