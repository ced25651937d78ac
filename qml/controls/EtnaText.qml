import QtQuick

/// A piece of text in one of the app's few sizes.
Text {
    id: root

    enum Size { Small, Body, Reading, Title, Page }

    property int size: EtnaText.Body

    readonly property list<int> fontSizes: [Tokens.fontSmall, Tokens.fontBody, Tokens.fontReading, Tokens.fontTitle, Tokens.fontPage]
    readonly property list<int> lineHeights: [Tokens.lineSmall, Tokens.lineBody, Tokens.lineReading, Tokens.lineTitle, Tokens.linePage]

    color: Tokens.text
    font.family: Tokens.family
    font.pixelSize: root.fontSizes[root.size]
    font.weight: root.size >= EtnaText.Title ? Font.DemiBold : Font.Normal
    lineHeight: root.lineHeights[root.size]
    lineHeightMode: Text.FixedHeight
    verticalAlignment: Text.AlignVCenter
    textFormat: Text.PlainText
    Accessible.name: root.text
}
