import QtQuick
import QtQuick.Controls.Basic

/// A folder in the list of chats: shows or hides what lies in it; a menu to rename or remove it.
AbstractButton {
    id: root

    required property string title
    required property int chats
    required property bool collapsed

    signal menuWanted(place: Item)

    implicitHeight: Tokens.row
    padding: 0
    Accessible.role: Accessible.ListItem
    Accessible.name: root.collapsed ? qsTr("Folder %1, %2, closed", "name, number of chats").arg(root.title).arg(root.chats)
        : qsTr("Folder %1, %2, open", "name, number of chats").arg(root.title).arg(root.chats)

    Keys.onReturnPressed: root.clicked()
    Keys.onEnterPressed: root.clicked()
    Keys.onLeftPressed: if (!root.collapsed) root.clicked()
    Keys.onRightPressed: if (root.collapsed) root.clicked()
    Keys.onMenuPressed: root.menuWanted(more)
    Keys.onUpPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
    Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
    Keys.onPressed: event => {
        event.accepted = event.key === Qt.Key_F10 && (event.modifiers & Qt.ShiftModifier) !== 0
        if (event.accepted)
            root.menuWanted(more)
    }

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: root.menuWanted(more)
    }

    contentItem: Item {
        Icon {
            id: arrow

            anchors { left: parent.left; leftMargin: Tokens.xs; verticalCenter: parent.verticalCenter }
            name: !root.collapsed ? "chevron-down" : root.mirrored ? "chevron-left" : "chevron-right"
            color: Tokens.text3
        }
        Icon {
            id: sign

            anchors { left: arrow.right; leftMargin: Tokens.xs; verticalCenter: parent.verticalCenter }
            name: "folder"
        }
        EtnaText {
            anchors {
                left: sign.right
                leftMargin: Tokens.s
                right: more.visible ? more.left : count.left
                rightMargin: Tokens.xs
                verticalCenter: parent.verticalCenter
            }
            text: root.title
            color: Tokens.text2
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        EtnaText {
            id: count

            anchors { right: parent.right; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
            visible: !more.visible
            text: root.chats
            size: EtnaText.Small
            color: Tokens.text3
            Accessible.ignored: true
        }
        EtnaIconButton {
            id: more

            anchors { right: parent.right; rightMargin: 2; verticalCenter: parent.verticalCenter }
            extent: Tokens.row - Tokens.s
            visible: root.hovered || root.activeFocus || hovered || activeFocus
            symbol: "more"
            text: qsTr("What to do with the folder “%1”").arg(root.title)
            onClicked: root.menuWanted(more)
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.hovered ? Tokens.hover : Tokens.transparent

        Rectangle {
            anchors { fill: parent; margins: 1 }
            visible: root.visualFocus
            radius: Tokens.radiusControl
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
        }
    }
}
