import QtQuick
import QtQuick.Controls.Basic

/// One chat in the list: open it, rename it, drag it to a folder, and a menu for the rest.
AbstractButton {
    id: root

    required property int chatId
    required property string title
    required property bool writing
    required property bool pinned
    required property bool temporary
    required property bool current
    property bool renaming: false
    property int indent: 0

    /// The mouse is down on it: it may become a drag, so the list must not scroll.
    readonly property bool held: press.active

    signal chosen()
    signal removeWanted()
    signal menuWanted(place: Item)
    signal renameWanted()
    signal renamed(title: string)
    signal renameCancelled()

    implicitHeight: Tokens.row
    leftPadding: root.mirrored ? 0 : root.indent
    rightPadding: root.mirrored ? root.indent : 0
    topPadding: 0
    bottomPadding: 0
    Accessible.role: Accessible.ListItem
    Accessible.name: root.writing ? qsTr("%1, writing").arg(root.title)
        : root.temporary ? qsTr("%1, not saved").arg(root.title) : root.title

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
    Keys.onMenuPressed: root.menuWanted(more)
    Keys.onUpPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
    Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
    Keys.onPressed: event => {
        event.accepted = event.key === Qt.Key_F10 && (event.modifiers & Qt.ShiftModifier) !== 0
        if (event.accepted)
            root.menuWanted(more)
    }

    PointHandler {
        id: press

        acceptedDevices: PointerDevice.Mouse
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: root.menuWanted(more)
    }
    DragHandler {
        id: drag

        target: ghost
        enabled: !root.temporary && !root.renaming
        onActiveChanged: {
            if (drag.active) {
                ghost.Drag.start()
            } else {
                ghost.Drag.drop()
                ghost.x = 0
                ghost.y = 0
            }
        }
    }
    // What is dragged: the title follows the pointer.
    Rectangle {
        id: ghost

        width: root.width
        height: root.height
        visible: drag.active
        radius: Tokens.radiusControl
        color: Tokens.surface
        opacity: 0.9
        border { width: Tokens.hair; color: Tokens.focus }
        Drag.keys: ["etna/chat"]
        Drag.source: root
        Drag.dragType: Drag.Internal
        Drag.hotSpot.x: width / 2
        Drag.hotSpot.y: height / 2

        EtnaText {
            anchors { fill: parent; leftMargin: Tokens.s; rightMargin: Tokens.s }
            text: root.title
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }

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
            font.italic: root.temporary
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Rectangle {
            id: pulse

            anchors {
                right: more.visible ? more.left : parent.right
                rightMargin: more.visible ? Tokens.xs : Tokens.s
                verticalCenter: parent.verticalCenter
            }
            visible: root.writing
            width: root.writing ? Tokens.s : 0
            height: Tokens.s
            radius: Tokens.xs
            color: Tokens.accent
        }
        EtnaIconButton {
            id: more

            anchors { right: parent.right; rightMargin: 2; verticalCenter: parent.verticalCenter }
            extent: Tokens.row - Tokens.s
            visible: (root.hovered || root.activeFocus || hovered || activeFocus) && !root.renaming
            symbol: "more"
            text: qsTr("What to do with “%1”").arg(root.title)
            onClicked: root.menuWanted(more)
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
