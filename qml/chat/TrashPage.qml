pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// The chats that were thrown away, until they go for good.
FocusScope {
    id: root

    required property ChatTrash trash
    required property string refusal

    signal closed()
    signal eraseWanted(ticket: double)
    signal emptyWanted()

    function show(ticket: double) {
        list.currentIndex = Math.max(0, root.trash.rowOf(ticket))
        list.forceActiveFocus(Qt.TabFocusReason)
    }

    Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
    Keys.onEscapePressed: root.closed()

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    ColumnLayout {
        anchors {
            top: parent.top
            topMargin: Tokens.m
            bottom: parent.bottom
            horizontalCenter: parent.horizontalCenter
        }
        width: Math.min(Tokens.column + 2 * Tokens.xl, parent.width - 2 * Tokens.l)
        spacing: Tokens.s

        RowLayout {
            Layout.leftMargin: Tokens.s
            spacing: Tokens.m
            visible: root.trash.count > 0

            EtnaText {
                Layout.fillWidth: true
                text: root.refusal !== "" ? root.refusal
                    : qsTr("Chats stay here for %1 days. Then they are deleted for good.").arg(root.trash.days)
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaButton {
                text: qsTr("Empty the Trash…")
                enabled: root.refusal === ""
                onClicked: root.emptyWanted()
            }
        }
        EtnaText {
            Layout.fillWidth: true
            Layout.leftMargin: Tokens.s
            visible: text !== ""
            text: root.trash.problem
            size: EtnaText.Small
            color: Tokens.bad
            wrapMode: Text.Wrap
            Accessible.role: Accessible.AlertMessage
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: root.trash.count > 0
            focus: true
            clip: true
            model: root.trash
            boundsBehavior: Flickable.StopAtBounds
            spacing: Tokens.xs
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Chats in the Trash")

            ScrollBar.vertical: EtnaScrollBar {}

            delegate: FocusScope {
                id: row

                required property int index
                required property double ticket
                required property string title
                required property string note

                width: ListView.view.width
                height: content.implicitHeight + Tokens.s
                focus: ListView.isCurrentItem
                Accessible.role: Accessible.ListItem
                Accessible.name: qsTr("%1, %2", "title, when it was deleted").arg(row.title).arg(row.note)
                Keys.onDeletePressed: {
                    if (root.refusal === "")
                        root.eraseWanted(row.ticket)
                }

                Rectangle {
                    anchors.fill: parent
                    visible: row.activeFocus
                    radius: Tokens.radiusControl
                    color: Tokens.hover
                }
                RowLayout {
                    id: content

                    anchors {
                        left: parent.left
                        leftMargin: Tokens.s
                        right: parent.right
                        rightMargin: Tokens.s
                        verticalCenter: parent.verticalCenter
                    }
                    spacing: Tokens.s

                    ColumnLayout {
                        Layout.fillWidth: true
                        spacing: 0

                        EtnaText {
                            Layout.fillWidth: true
                            text: row.title
                            elide: Text.ElideRight
                            Accessible.ignored: true
                        }
                        EtnaText {
                            Layout.fillWidth: true
                            text: row.note
                            size: EtnaText.Small
                            color: Tokens.text3
                            elide: Text.ElideRight
                            Accessible.ignored: true
                        }
                    }
                    EtnaButton {
                        text: qsTr("Restore")
                        tip: row.title
                        focus: true
                        enabled: root.refusal === ""
                        onClicked: root.trash.restore(row.ticket)
                        onActiveFocusChanged: {
                            if (activeFocus)
                                list.currentIndex = row.index
                        }
                    }
                    EtnaButton {
                        objectName: "eraseButton"  // for pictures
                        text: qsTr("Delete for good…")
                        kind: EtnaButton.Quiet
                        tip: row.title
                        enabled: root.refusal === ""
                        onClicked: root.eraseWanted(row.ticket)
                    }
                }
            }
        }
        Column {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.xxl
            Layout.fillHeight: true
            visible: root.trash.count === 0 && root.trash.known
            spacing: Tokens.m

            EtnaText {
                width: parent.width
                text: qsTr("The Trash is empty")
                horizontalAlignment: Text.AlignHCenter
                Accessible.role: Accessible.AlertMessage
            }
            EtnaText {
                width: parent.width
                text: qsTr("A chat that you delete stays here for %1 days.").arg(root.trash.days)
                horizontalAlignment: Text.AlignHCenter
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaButton {
                anchors.horizontalCenter: parent.horizontalCenter
                text: qsTr("Back to the chat")
                onClicked: root.closed()
            }
        }
    }
}
