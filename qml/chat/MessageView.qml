pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// One message: a person's words in a tinted block at the right, a reply plain on the page.
Item {
    id: root

    required property ChatController controller
    required property int index
    required property int sender
    required property string text
    required property BlockList blocks
    required property int messageState
    required property string statistics
    required property problem problem
    required property bool last
    required property string modelName
    required property string thinking
    required property string thinkingTitle
    required property bool thinkingOpen
    required property list<string> toolNames
    required property list<string> toolArguments
    required property string notice
    required property int version
    required property int versions

    readonly property bool mine: root.sender === MessageList.User
    readonly property int column: Math.min(Tokens.column, root.width - 2 * Tokens.xl)

    signal remedyWanted(action: int)
    signal textChosen()

    implicitHeight: content.y + content.height + Tokens.xl
    height: implicitHeight
    Accessible.role: Accessible.ListItem
    Accessible.name: root.mine ? qsTr("You: %1").arg(root.text) : qsTr("%1: %2").arg(root.modelName).arg(root.text)

    Column {
        id: content

        x: Math.round((root.width - root.column) / 2)
        y: root.index === 0 ? Tokens.xl : 0
        width: root.column

        Repeater {
            model: root.mine ? 1 : 0

            OwnMessage {
                width: root.column
                controller: root.controller
                row: root.index
                text: root.text
                version: root.version
                versions: root.versions
                onTextChosen: root.textChosen()
            }
        }
        Repeater {
            model: root.mine ? 0 : 1

            ReplyView {
                width: root.column
                controller: root.controller
                row: root.index
                version: root.version
                versions: root.versions
                text: root.text
                blocks: root.blocks
                messageState: root.messageState
                statistics: root.statistics
                trouble: root.problem
                last: root.last
                thinking: root.thinking
                thinkingTitle: root.thinkingTitle
                thinkingOpen: root.thinkingOpen
                toolNames: root.toolNames
                toolArguments: root.toolArguments
                notice: root.notice
                onThinkingToggled: root.controller.messages.setThinkingOpen(root.index, !root.thinkingOpen)
                onRemedyWanted: action => root.remedyWanted(action)
                onTextChosen: root.textChosen()
            }
        }
    }
}
