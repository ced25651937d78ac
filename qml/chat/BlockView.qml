pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// One block of a reply, with the space above it and the bars of the quotes it stands in.
Item {
    id: root

    required property int index
    required property int kind
    required property string text
    required property string plain
    required property string language
    required property string marker
    required property int level
    required property int quoteDepth
    required property int columns
    required property list<string> cells
    property bool growing: false

    readonly property int gap: root.index === 0 ? 0 : root.kind === BlockList.Heading ? Tokens.xl
        : root.kind === BlockList.ListItem ? Tokens.s : Tokens.m
    readonly property int inset: root.quoteDepth * Tokens.l

    signal textChosen()

    implicitHeight: content.height + root.gap
    height: implicitHeight

    Repeater {
        model: root.quoteDepth

        Rectangle {
            required property int index

            x: index * Tokens.l
            y: root.index === 0 ? 0 : root.gap
            width: 3
            height: root.height - y
            radius: 1
            color: Tokens.border
        }
    }
    Loader {
        id: content

        x: root.inset
        y: root.gap
        width: root.width - root.inset
        sourceComponent: root.kind === BlockList.Code ? code : root.kind === BlockList.Table ? table
            : root.kind === BlockList.Rule ? rule : root.kind === BlockList.Heading ? heading
            : root.kind === BlockList.ListItem ? item : paragraph
    }

    Component {
        id: paragraph

        TextBlock {
            html: root.text
            plain: root.plain
            caret: root.growing
            color: root.quoteDepth > 0 ? Tokens.text2 : Tokens.text
            onTextChosen: root.textChosen()
        }
    }
    Component {
        id: heading

        TextBlock {
            html: root.text
            plain: root.plain
            caret: root.growing
            font.pixelSize: root.level === 1 ? Tokens.fontTitle : root.level === 2 ? Tokens.fontReading + 2 : Tokens.fontReading
            font.weight: Font.DemiBold
            line: root.level === 1 ? Tokens.lineTitle : Tokens.lineReading
            Accessible.role: Accessible.Heading
            onTextChosen: root.textChosen()
        }
    }
    Component {
        id: item

        Item {
            implicitHeight: words.height

            EtnaText {
                x: (root.level - 1) * Tokens.xl
                width: Tokens.xl - Tokens.xs
                text: root.marker
                size: EtnaText.Reading
                color: Tokens.text2
                horizontalAlignment: root.marker === "•" ? Text.AlignHCenter : Text.AlignRight
            }
            TextBlock {
                id: words

                x: root.level * Tokens.xl + Tokens.xs
                width: parent.width - x
                html: root.text
                plain: root.plain
                caret: root.growing
                onTextChosen: root.textChosen()
            }
        }
    }
    Component {
        id: code

        CodeBlock {
            code: root.text
            language: root.language
            growing: root.growing
            onTextChosen: root.textChosen()
        }
    }
    Component {
        id: table

        TableBlock {
            columns: root.columns
            cells: root.cells
        }
    }
    Component {
        id: rule

        Item {
            implicitHeight: Tokens.l

            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width
                height: Tokens.hair
                color: Tokens.border
            }
        }
    }
}
