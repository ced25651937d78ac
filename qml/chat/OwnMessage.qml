import QtQuick

/// What a person wrote, as typed.
Item {
    id: root

    required property string text

    signal textChosen()

    implicitHeight: bubble.height

    Rectangle {
        id: bubble

        anchors.right: parent.right
        width: words.width + 2 * Tokens.l
        height: words.height + 2 * Tokens.s + Tokens.xs
        radius: Tokens.radiusCard
        color: Tokens.sunken

        SelectableText {
            id: words

            anchors.centerIn: parent
            width: Math.min(implicitWidth, root.width * 0.85 - 2 * Tokens.l)
            textFormat: TextEdit.PlainText
            text: root.text
            plain: root.text
            onTextChosen: root.textChosen()
        }
    }
}
