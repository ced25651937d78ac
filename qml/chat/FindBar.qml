import QtQuick
import QtQuick.Layouts
import Etna.Transcript

/// Finds words in the chat: how many there are, the one that is looked at, back and forth.
Rectangle {
    id: root

    required property TranscriptView view

    signal closed()

    function begin() {
        root.visible = true
        field.forceActiveFocus()
        field.selectAll()
    }
    /// Looks at the words in one message first, without taking the focus.
    function showAt(words: string, row: int) {
        root.view.findAt(words, row)
        field.text = words
        root.visible = true
    }
    function end() {
        root.visible = false
        root.view.query = ""
        root.closed()
    }

    visible: false
    implicitWidth: row.implicitWidth + 2 * Tokens.s
    implicitHeight: row.implicitHeight + 2 * Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: Tokens.controlBorder
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Find in this chat")

    RowLayout {
        id: row

        anchors { fill: parent; margins: Tokens.s }
        spacing: Tokens.xs

        EtnaSearchField {
            id: field

            Layout.fillWidth: true
            Layout.preferredWidth: Tokens.list
            name: qsTr("Find in this chat")
            placeholderText: qsTr("Find in this chat")
            onTextChanged: {
                if (root.visible)
                    root.view.query = field.text
            }
            onVisibleChanged: {
                if (field.visible)
                    root.view.query = field.text
            }
            // Escape closes the bar; elsewhere it stops a reply.
            Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
            Keys.onPressed: event => {
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter || event.key === Qt.Key_F3
                const back = (event.modifiers & Qt.ShiftModifier) !== 0
                event.accepted = enter || event.key === Qt.Key_Escape
                if (enter)
                    root.view.findNext(back ? 1 : -1)
                else if (event.accepted)
                    root.end()
            }
        }
        EtnaText {
            Layout.minimumWidth: Tokens.xxl * 2
            horizontalAlignment: Text.AlignHCenter
            size: EtnaText.Small
            color: Tokens.text2
            text: root.view.query === "" ? ""
                : root.view.foundCount === 0 ? (root.view.searching ? qsTr("Searching…") : qsTr("Not found"))
                : qsTr("%1 of %2").arg(root.view.foundIndex + 1).arg(root.view.foundCount)
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        EtnaIconButton {
            symbol: "arrow-up"
            text: qsTr("The one before")
            shortcutText: qsTr("Enter")
            enabled: root.view.foundCount > 0
            onClicked: root.view.findNext(-1)
        }
        EtnaIconButton {
            symbol: "arrow-down"
            text: qsTr("The next one")
            shortcutText: qsTr("Shift+Enter")
            enabled: root.view.foundCount > 0
            onClicked: root.view.findNext(1)
        }
        EtnaIconButton {
            symbol: "close"
            text: qsTr("Close")
            shortcutText: qsTr("Esc")
            onClicked: root.end()
        }
    }
}
