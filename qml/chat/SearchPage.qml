pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// What was found in all chats.
FocusScope {
    id: root

    required property SearchController search
    /// The sidebar with its field is not there.
    required property bool ownField

    signal closed()
    signal fieldWanted()

    function focusField() {
        field.forceActiveFocus(Qt.TabFocusReason)
        field.selectAll()
    }
    function focusResults() {
        if (root.search.results.count === 0)
            return
        if (list.currentIndex < 0)
            list.currentIndex = root.search.results.next(-1, 1)
        list.forceActiveFocus(Qt.TabFocusReason)
    }
    function openCurrent() {
        root.search.open(Math.max(list.currentIndex, root.search.results.next(-1, 1)))
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    EtnaSearchField {
        id: field

        anchors { left: column.left; right: column.right; top: parent.top; topMargin: Tokens.m }
        visible: root.ownField
        height: visible ? implicitHeight : 0
        focus: root.ownField
        name: qsTr("Search all chats")
        placeholderText: qsTr("Search all chats")
        text: root.search.text
        onTextEdited: root.search.text = field.text
        onCleared: root.search.text = ""
        Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
        Keys.onEscapePressed: root.closed()
        Keys.onDownPressed: root.focusResults()
        Keys.onReturnPressed: root.openCurrent()
        Keys.onEnterPressed: root.openCurrent()
    }
    Item {
        id: column

        anchors {
            top: field.bottom
            topMargin: Tokens.s
            bottom: parent.bottom
            horizontalCenter: parent.horizontalCenter
        }
        width: Math.min(Tokens.column + 2 * Tokens.xl, parent.width - 2 * Tokens.l)

        Item {
            id: head

            anchors { left: parent.left; right: parent.right; top: parent.top }
            height: visible ? Math.max(Tokens.control, summary.implicitHeight) : 0
            visible: root.search.state === SearchController.Found || root.search.state === SearchController.Failed

            EtnaText {
                id: summary

                anchors {
                    left: parent.left
                    leftMargin: Tokens.s
                    right: trash.left
                    rightMargin: Tokens.m
                    verticalCenter: parent.verticalCenter
                }
                text: root.search.summary
                size: EtnaText.Small
                color: root.search.state === SearchController.Failed ? Tokens.bad : Tokens.text2
                wrapMode: Text.Wrap
                Accessible.role: Accessible.AlertMessage
            }
            EtnaCheckBox {
                id: trash

                anchors { right: parent.right; verticalCenter: parent.verticalCenter }
                name: text
                text: qsTr("The Trash, too")
                checked: root.search.trashToo
                onToggled: root.search.trashToo = trash.checked
            }
        }
        ListView {
            id: list

            anchors { left: parent.left; right: parent.right; top: head.bottom; bottom: parent.bottom }
            visible: root.search.state === SearchController.Found
            focus: !root.ownField
            activeFocusOnTab: true
            clip: true
            model: root.search.results
            keyNavigationEnabled: false
            boundsBehavior: Flickable.StopAtBounds
            bottomMargin: Tokens.l
            Accessible.role: Accessible.List
            Accessible.name: qsTr("What was found")

            ScrollBar.vertical: EtnaScrollBar {}

            Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
            Keys.onEscapePressed: root.closed()
            Keys.onReturnPressed: root.openCurrent()
            Keys.onEnterPressed: root.openCurrent()
            Keys.onDownPressed: currentIndex = root.search.results.next(currentIndex, 1)
            Keys.onUpPressed: {
                const before = root.search.results.next(currentIndex, -1)
                if (before === currentIndex)
                    root.fieldWanted()
                else
                    currentIndex = before
            }

            delegate: SearchRow {
                width: ListView.view.width
                chosen: choosable && ListView.isCurrentItem
                focus: ListView.isCurrentItem
                focusPolicy: Qt.NoFocus
                onClicked: {
                    if (choosable)
                        root.search.open(index)
                }
            }
        }
        Connections {
            target: root.search.results

            // After the view has taken the new rows.
            function onCountChanged() {
                list.currentIndex = root.search.results.next(-1, 1)
                list.positionViewAtBeginning()
            }
        }
        Column {
            anchors { left: parent.left; right: parent.right; top: parent.top; topMargin: Tokens.xxl }
            visible: root.search.state === SearchController.Idle || root.search.state === SearchController.Nothing
            spacing: Tokens.s

            EtnaText {
                width: parent.width
                text: root.search.state === SearchController.Idle ? qsTr("Search in all chats")
                    : root.search.trashToo ? qsTr("Nothing found for “%1”.").arg(root.search.answered)
                    : qsTr("Nothing found for “%1”. Trash is not searched").arg(root.search.answered)
                horizontalAlignment: Text.AlignHCenter
                wrapMode: Text.Wrap
                maximumLineCount: 4
                elide: Text.ElideRight
                Accessible.role: Accessible.AlertMessage
            }
            EtnaText {
                width: parent.width
                visible: root.search.state === SearchController.Idle
                text: qsTr("Messages with all the words that you type are found, the last word also as a beginning. \"Words in quotes\" must follow each other.")
                horizontalAlignment: Text.AlignHCenter
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaButton {
                anchors.horizontalCenter: parent.horizontalCenter
                visible: root.search.state === SearchController.Nothing && !root.search.trashToo
                text: qsTr("Search it too")
                onClicked: root.search.trashToo = true
            }
        }
    }
}
