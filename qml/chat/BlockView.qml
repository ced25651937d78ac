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
    // Of the kinds of blocks exactly one has a row. (A Loader can't make bound components in Qt 6.4.)
    Column {
        id: content

        x: root.inset
        y: root.gap
        width: root.width - root.inset

        Repeater {
            model: root.kind === BlockList.Paragraph ? 1 : 0

            TextBlock {
                width: content.width
                html: root.text
                plain: root.plain
                caret: root.growing
                color: root.quoteDepth > 0 ? Tokens.text2 : Tokens.text
                onTextChosen: root.textChosen()
            }
        }
        Repeater {
            model: root.kind === BlockList.Heading ? 1 : 0

            TextBlock {
                width: content.width
                html: root.text
                plain: root.plain
                caret: root.growing
                font.pixelSize: root.level === 1 ? Tokens.fontTitle : root.level === 2 ? Tokens.fontHeading : Tokens.fontReading
                font.weight: Font.DemiBold
                line: root.level <= 2 ? Tokens.lineTitle : Tokens.lineReading
                Accessible.role: Accessible.Heading
                onTextChosen: root.textChosen()
            }
        }
        Repeater {
            model: root.kind === BlockList.ListItem ? 1 : 0

            ListItemBlock {
                width: content.width
                html: root.text
                plain: root.plain
                marker: root.marker
                level: root.level
                caret: root.growing
                onTextChosen: root.textChosen()
            }
        }
        Repeater {
            model: root.kind === BlockList.Code ? 1 : 0

            CodeBlock {
                width: content.width
                html: root.text
                code: root.plain
                language: root.language
                growing: root.growing
                onTextChosen: root.textChosen()
            }
        }
        Repeater {
            model: root.kind === BlockList.Table ? 1 : 0

            TableBlock {
                width: content.width
                columns: root.columns
                cells: root.cells
            }
        }
        Repeater {
            model: root.kind === BlockList.Rule ? 1 : 0

            Item {
                width: content.width
                height: Tokens.l

                Rectangle {
                    anchors.verticalCenter: parent.verticalCenter
                    width: parent.width
                    height: Tokens.hair
                    color: Tokens.border
                }
            }
        }
    }
}
