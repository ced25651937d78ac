pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// A reply: its blocks, how it went, what to do with it.
Column {
    id: root

    required property ChatController controller
    required property string text
    required property BlockList blocks
    required property int messageState
    required property string statistics
    required property problem trouble
    required property bool last

    readonly property bool growing: root.messageState === MessageList.Writing
    readonly property bool ended: root.messageState === MessageList.Done || root.messageState === MessageList.Broken

    signal remedyWanted(action: int)
    signal textChosen()

    spacing: 0

    Repeater {
        id: parts

        model: root.blocks

        BlockView {
            width: root.width
            growing: root.growing && index === parts.count - 1
            onTextChosen: root.textChosen()
        }
    }
    WaitingSign {
        visible: root.messageState === MessageList.Waiting || root.messageState === MessageList.Reading
        queued: root.messageState === MessageList.Waiting
        onStopWanted: root.controller.stop()
    }
    Item {
        width: root.width
        height: Tokens.m
        visible: root.trouble.set
    }
    ProblemCard {
        width: root.width
        visible: root.trouble.set
        trouble: root.trouble
        onAct: action => root.remedyWanted(action)
    }
    Item {
        visible: root.ended && root.statistics !== ""
        width: root.width
        height: Tokens.m
    }
    EtnaText {
        visible: root.ended && root.statistics !== ""
        width: root.width
        text: root.statistics
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Item {
        width: root.width
        height: Tokens.control + Tokens.xs
        visible: root.ended

        Row {
            x: -Tokens.s
            y: Tokens.xs
            opacity: root.last || hover.hovered || copy.activeFocus ? 1 : 0

            EtnaIconButton {
                id: copy

                symbol: "copy"
                text: qsTr("Copy the reply")
                shortcutText: root.last ? "Ctrl+Shift+C" : ""
                enabled: root.text !== ""
                onClicked: App.copy(root.text)
            }
            EtnaIconButton {
                visible: root.last
                enabled: root.controller.canRegenerate
                symbol: "refresh"
                text: qsTr("Write it again")
                shortcutText: "Ctrl+R"
                onClicked: root.controller.regenerate()
            }
        }
    }

    HoverHandler { id: hover }
}
