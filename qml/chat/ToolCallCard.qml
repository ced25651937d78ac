import QtQuick

/// A function that the model wants called, with what it would give it.
Rectangle {
    id: root

    required property string name
    required property string values

    signal textChosen()

    implicitHeight: content.height + 2 * Tokens.m
    radius: Tokens.radiusCard
    color: Tokens.window
    border.width: Tokens.hair
    border.color: Tokens.border
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Tool call: %1").arg(root.name)

    Column {
        id: content

        x: Tokens.l
        y: Tokens.m
        width: root.width - 2 * Tokens.l
        spacing: Tokens.xs

        Row {
            spacing: Tokens.s

            EtnaText {
                text: qsTr("Tool call")
                color: Tokens.text2
                Accessible.ignored: true
            }
            EtnaText {
                text: root.name
                font.family: Tokens.mono
                font.pixelSize: Tokens.fontCode
                font.weight: Font.DemiBold
                Accessible.ignored: true
            }
        }
        SelectableText {
            width: content.width
            textFormat: TextEdit.PlainText
            wrapMode: TextEdit.WrapAnywhere
            text: root.values
            plain: root.values
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            font.preferShaping: false
            onTextChosen: root.textChosen()
        }
    }
}
