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
    required property int state
    required property string statistics
    required property problem problem
    required property bool last
    required property string modelName

    readonly property bool mine: root.sender === MessageList.User
    readonly property int column: Math.min(Tokens.column, root.width - 2 * Tokens.xl)

    signal remedyWanted(action: int)
    signal textChosen()

    implicitHeight: content.height + (root.mine ? Tokens.xl : Tokens.xl)
    height: implicitHeight
    Accessible.role: Accessible.ListItem
    Accessible.name: root.mine ? qsTr("You: %1").arg(root.text) : qsTr("%1: %2").arg(root.modelName).arg(root.text)

    Loader {
        id: content

        x: (root.width - root.column) / 2
        width: root.column
        sourceComponent: root.mine ? own : reply
    }

    Component {
        id: own

        OwnMessage {
            text: root.text
            onTextChosen: root.textChosen()
        }
    }
    Component {
        id: reply

        ReplyView {
            controller: root.controller
            text: root.text
            blocks: root.blocks
            messageState: root.state
            statistics: root.statistics
            trouble: root.problem
            last: root.last
            onRemedyWanted: action => root.remedyWanted(action)
            onTextChosen: root.textChosen()
        }
    }
}
