pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// The messages that follow the reply that runs: to read, to change, to take away.
Rectangle {
    id: root

    required property ChatController controller
    required property int room

    readonly property QueueList queue: root.controller.queue

    signal done()

    implicitHeight: content.implicitHeight + 2 * Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.surface
    border { width: Tokens.hair; color: Tokens.border }
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Messages that wait")

    ColumnLayout {
        id: content

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.s; leftMargin: Tokens.l }
        spacing: Tokens.xs

        RowLayout {
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.queue.pause === "" ? qsTr("Sent when the reply has ended") : root.queue.pause
                size: EtnaText.Small
                color: root.queue.pause === "" ? Tokens.text2 : Tokens.warn
                wrapMode: Text.Wrap
                Accessible.role: Accessible.AlertMessage
            }
            EtnaButton {
                visible: root.queue.pause !== ""
                enabled: root.controller.canSendQueued
                text: qsTr("Send now")
                onClicked: root.controller.sendQueued()
            }
        }
        ListView {
            id: list

            Layout.fillWidth: true
            implicitHeight: Math.min(contentHeight, root.room)
            clip: contentHeight > height
            boundsBehavior: Flickable.StopAtBounds
            model: root.queue
            spacing: Tokens.xs
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Queue")

            ScrollBar.vertical: EtnaScrollBar {}

            delegate: Item {
                id: entry

                required property string message
                required property string files
                required property int index

                readonly property bool edited: root.queue.editedRow === entry.index

                width: list.width
                implicitHeight: Math.max(Tokens.control, entry.edited ? field.implicitHeight + 2 * Tokens.xs : words.height)

                Column {
                    id: words

                    anchors { left: parent.left; right: buttons.left; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
                    visible: !entry.edited

                    EtnaText {
                        width: parent.width
                        visible: entry.message !== ""
                        text: entry.message
                        textFormat: Text.PlainText
                        wrapMode: Text.Wrap
                        maximumLineCount: 2
                        elide: Text.ElideRight
                    }
                    EtnaText {
                        width: parent.width
                        visible: entry.files !== ""
                        text: entry.files
                        size: EtnaText.Small
                        color: Tokens.text2
                        elide: Text.ElideRight
                    }
                }
                TextArea {
                    id: field

                    anchors { left: parent.left; right: buttons.left; rightMargin: Tokens.s; verticalCenter: parent.verticalCenter }
                    visible: entry.edited
                    wrapMode: TextArea.Wrap
                    textFormat: TextEdit.PlainText
                    color: Tokens.text
                    selectionColor: Tokens.selection
                    selectedTextColor: Tokens.text
                    font { family: Tokens.family; pixelSize: Tokens.fontBody }
                    padding: Tokens.s
                    Accessible.name: qsTr("Waiting message %1").arg(entry.index + 1)
                    background: Rectangle {
                        radius: Tokens.radiusControl
                        color: Tokens.surface
                        border { width: Tokens.hair; color: Tokens.controlBorder }
                    }
                    onVisibleChanged: {
                        if (field.visible) {
                            field.text = entry.message
                            field.cursorPosition = field.length
                            field.forceActiveFocus()
                        }
                    }
                    Component.onCompleted: field.text = entry.message
                    Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape || field.inputMethodComposing
                    Keys.onEscapePressed: {
                        root.queue.cancelEdit()
                        root.done()
                    }
                    Keys.onTabPressed: save.forceActiveFocus(Qt.TabFocusReason)
                    Keys.onBacktabPressed: field.nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                    Keys.onReturnPressed: event => {
                        event.accepted = (event.modifiers & Qt.ShiftModifier) === 0 && !field.inputMethodComposing
                        if (event.accepted)
                            save.clicked()
                    }
                }
                Row {
                    id: buttons

                    anchors { right: parent.right; top: parent.top }

                    EtnaIconButton {
                        id: save

                        visible: entry.edited
                        symbol: "check"
                        text: qsTr("Save waiting message %1").arg(entry.index + 1)
                        shortcutText: qsTr("Enter")
                        onClicked: {
                            root.queue.finishEdit(field.text)
                            root.done()
                        }
                    }
                    EtnaIconButton {
                        visible: !entry.edited
                        symbol: "edit"
                        text: qsTr("Edit waiting message %1").arg(entry.index + 1)
                        onClicked: root.queue.edit(entry.index)
                    }
                    EtnaIconButton {
                        symbol: "close"
                        text: qsTr("Don't send waiting message %1").arg(entry.index + 1)
                        onClicked: {
                            root.queue.remove(entry.index)
                            root.done()
                        }
                    }
                }
            }
        }
    }
}
