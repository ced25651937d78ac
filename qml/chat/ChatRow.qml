import QtQuick
import QtQuick.Controls.Basic

/// One chat in the list: open it, rename it, delete it.
AbstractButton {
    id: root

    required property int chatId
    required property string title
    required property bool writing
    required property bool pinned
    required property bool temporary
    required property bool current
    property bool renaming: false

    signal chosen()
    signal removeWanted()
    signal pinWanted()
    signal renameWanted()
    signal renamed(title: string)
    signal renameCancelled()

    implicitHeight: Tokens.row
    Accessible.role: Accessible.ListItem
    Accessible.name: root.writing ? qsTr("%1, writing").arg(root.title) : root.title

    onClicked: root.chosen()
    onDoubleClicked: root.renameWanted()
    onRenamingChanged: {
        if (root.renaming) {
            field.text = root.title
            field.forceActiveFocus()
            field.selectAll()
        }
    }
    Keys.onDeletePressed: root.removeWanted()
    Keys.onReturnPressed: root.chosen()
    Keys.onEnterPressed: root.chosen()
    Keys.onUpPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
    Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)

    contentItem: Item {
        EtnaText {
            anchors {
                left: parent.left
                leftMargin: Tokens.s
                right: pulse.left
                rightMargin: Tokens.s
                verticalCenter: parent.verticalCenter
            }
            visible: !root.renaming
            text: root.title
            color: root.current ? Tokens.text : Tokens.text2
            font.weight: root.current ? Font.Medium : Font.Normal
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Rectangle {
            id: pulse

            anchors {
                right: pin.left
                rightMargin: remove.visible ? Tokens.xs : -pin.width - remove.width + Tokens.s
                verticalCenter: parent.verticalCenter
            }
            visible: root.writing
            width: Tokens.s
            height: Tokens.s
            radius: Tokens.xs
            color: Tokens.accent
        }
        EtnaIconButton {
            id: pin

            anchors { right: remove.left; verticalCenter: parent.verticalCenter }
            extent: Tokens.row - Tokens.s
            visible: remove.visible && !root.temporary
            symbol: "pin"
            ink: root.pinned ? Tokens.accent : Tokens.text2
            text: root.pinned ? qsTr("Unpin this chat") : qsTr("Pin this chat")
            onClicked: root.pinWanted()
        }
        EtnaIconButton {
            id: remove

            anchors { right: parent.right; rightMargin: 2; verticalCenter: parent.verticalCenter }
            extent: Tokens.row - Tokens.s
            visible: (root.hovered || root.activeFocus || hovered || activeFocus || pin.hovered || pin.activeFocus) && !root.renaming
            symbol: "trash"
            text: qsTr("Delete this chat")
            shortcutText: qsTr("Delete")
            onClicked: root.removeWanted()
        }
        TextField {
            id: field

            anchors { fill: parent; margins: 2 }
            visible: root.renaming
            color: Tokens.text
            font.family: Tokens.family
            font.pixelSize: Tokens.fontBody
            selectionColor: Tokens.selection
            selectedTextColor: Tokens.text
            leftPadding: Tokens.s
            topPadding: 0
            bottomPadding: 0
            verticalAlignment: TextInput.AlignVCenter
            maximumLength: 120
            Accessible.name: qsTr("Name of the chat")

            onAccepted: root.renamed(field.text)
            onActiveFocusChanged: {
                if (!field.activeFocus && root.renaming)
                    root.renameCancelled()
            }
            Keys.onEscapePressed: root.renameCancelled()

            background: Rectangle {
                radius: Tokens.radiusControl
                color: Tokens.surface
                border { width: 2; color: Tokens.focus }
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.current ? Tokens.surface : root.hovered ? Tokens.hover : Tokens.transparent
        border.width: root.current ? Tokens.hair : 0
        border.color: Tokens.border

        Rectangle {
            anchors { fill: parent; margins: 1 }
            visible: root.visualFocus
            radius: Tokens.radiusControl
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
        }
    }
}
