pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What both sides are asked, and the seed that they share.
FocusScope {
    id: root

    required property CompareController controller
    required property ChatController chats

    signal fileWanted(row: int)

    function focusText() {
        area.forceActiveFocus()
    }

    implicitHeight: box.height

    Connections {
        target: root.controller

        function onDraftChanged() {
            if (area.text !== root.controller.draft) {
                area.text = root.controller.draft
                area.cursorPosition = area.length
            }
        }
    }
    Rectangle {
        id: box

        anchors { left: parent.left; right: parent.right; top: parent.top }
        height: content.implicitHeight + Tokens.m + Tokens.s
        radius: Tokens.radiusSheet
        color: Tokens.surface
        border { width: Tokens.hair; color: area.activeFocus ? Tokens.text2 : Tokens.controlBorder }

        ColumnLayout {
            id: content

            anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.s; topMargin: Tokens.m; leftMargin: Tokens.l }
            spacing: Tokens.s

            AttachmentChips {
                Layout.fillWidth: true
                visible: root.controller.inChat && root.chats.attachments.count > 0
                files: root.chats.attachments
                room: 2 * Tokens.row
                onOpened: row => root.fileWanted(row)
            }
            ScrollView {
                Layout.fillWidth: true
                Layout.preferredHeight: Math.min(area.implicitHeight, 5 * Tokens.lineReading)
                focus: true

                TextArea {
                    id: area

                    focus: true
                    padding: 0
                    wrapMode: TextArea.Wrap
                    textFormat: TextEdit.PlainText
                    color: Tokens.text
                    placeholderText: qsTr("Ask both")
                    placeholderTextColor: Tokens.text3
                    selectionColor: Tokens.selection
                    selectedTextColor: Tokens.text
                    font { family: Tokens.family; pixelSize: Tokens.fontReading }
                    background: null
                    Accessible.name: qsTr("Question for both")
                    Accessible.description: root.controller.hint

                    onTextChanged: root.controller.draft = area.text
                    Keys.onTabPressed: area.nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                    Keys.onBacktabPressed: area.nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                    Keys.onShortcutOverride: event => event.accepted = area.inputMethodComposing
                    Keys.onPressed: event => {
                        const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter
                        const withShift = (event.modifiers & Qt.ShiftModifier) !== 0
                        const withControl = (event.modifiers & Qt.ControlModifier) !== 0
                        const sends = App.settings.enterSends ? !withShift : withControl
                        event.accepted = enter && (sends || area.inputMethodComposing)
                        if (event.accepted && !area.inputMethodComposing)
                            root.controller.send()
                    }
                }
            }
            RowLayout {
                spacing: Tokens.s

                EtnaText {
                    text: qsTr("Seed")
                    size: EtnaText.Small
                    color: Tokens.text2
                    Accessible.ignored: true
                }
                EtnaTextField {
                    Layout.preferredWidth: 6 * Tokens.fontBody
                    name: qsTr("Seed of both answers")
                    enabled: !root.controller.running
                    text: root.controller.seed
                    inputMethodHints: Qt.ImhDigitsOnly
                    onEditingFinished: root.controller.seed = text
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: root.controller.hint !== "" ? root.controller.hint : root.controller.note
                    size: EtnaText.Small
                    color: Tokens.text2
                    wrapMode: Text.Wrap
                }
                EtnaIconButton {
                    visible: !root.controller.running
                    solid: true
                    enabled: root.controller.canSend
                    symbol: "arrow-up"
                    text: qsTr("Ask both")
                    shortcutText: App.settings.enterSends ? qsTr("Enter") : qsTr("Ctrl+Enter")
                    onClicked: root.controller.send()
                }
                EtnaIconButton {
                    visible: root.controller.running
                    solid: true
                    symbol: "stop"
                    text: qsTr("Stop both")
                    shortcutText: qsTr("Esc")
                    onClicked: root.controller.stop()
                }
            }
        }
    }
}
