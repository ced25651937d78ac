pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// A reply: what led to it, its blocks, the tools it asks for, how it went, what to do with it.
Column {
    id: root

    required property ChatController controller
    required property int row
    required property int version
    required property int versions
    required property string text
    required property BlockList blocks
    required property int messageState
    required property string statistics
    required property problem trouble
    required property bool last
    required property string thinking
    required property string thinkingTitle
    required property bool thinkingOpen
    required property list<string> toolNames
    required property list<string> toolArguments
    required property string notice

    readonly property bool growing: root.messageState === MessageList.Writing
    readonly property bool ended: root.messageState !== MessageList.Waiting
        && root.messageState !== MessageList.Reading && !root.growing

    signal remedyWanted(action: int)
    signal textChosen()
    signal thinkingToggled()

    spacing: 0

    ThinkingBlock {
        width: root.width
        visible: root.thinking !== ""
        title: root.thinkingTitle
        thinking: root.thinking
        open: root.thinkingOpen
        bottomPadding: root.thinkingOpen ? Tokens.l : Tokens.xs
        onToggled: root.thinkingToggled()
        onTextChosen: root.textChosen()
    }

    Repeater {
        id: parts

        model: root.blocks

        BlockView {
            width: root.width
            growing: root.growing && index === parts.count - 1
            onTextChosen: root.textChosen()
        }
    }
    Repeater {
        model: root.toolNames.length

        Item {
            id: slot

            required property int index

            width: root.width
            height: card.height + Tokens.m

            ToolCallCard {
                id: card

                y: Tokens.m
                width: parent.width
                // The two lists change one after the other.
                name: root.toolNames[slot.index] ?? ""
                values: root.toolArguments[slot.index] ?? ""
                onTextChosen: root.textChosen()
            }
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
    EtnaText {
        visible: root.notice !== ""
        width: root.width
        topPadding: Tokens.m
        text: root.notice
        size: EtnaText.Small
        color: Tokens.warn
        wrapMode: Text.Wrap
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
            opacity: root.last || hover.hovered || copy.activeFocus || more.activeFocus || more.down ? 1 : 0

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
            EtnaIconButton {
                visible: root.last && root.controller.canContinue
                symbol: "play"
                text: qsTr("Continue the reply")
                onClicked: root.controller.continueReply()
            }
            VersionSwitch {
                version: root.version
                versions: root.versions
                onSwitched: step => root.controller.switchVersion(root.row, step)
            }
            MessageMenu {
                id: more

                controller: root.controller
                row: root.row
            }
        }
    }

    HoverHandler { id: hover }
}
