import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// Where a message is written.
FocusScope {
    id: root

    required property ChatController controller
    required property LibraryController library
    required property int pageHeight

    readonly property int roomForText: Math.max(Tokens.lineReading,
        root.pageHeight * 0.4 - tools.height - Tokens.xl - chips.taken)

    signal pickerWanted()
    signal fileWanted(row: int)

    /// Not one of the buttons, whichever was used last.
    function focusText() {
        area.forceActiveFocus()
    }
    function chooseFiles() {
        dialog.open()
    }
    /// Files and very long texts become attachments; of a long text that can become one is told.
    function paste() {
        if (root.controller.desk.paste())
            return
        const rest = area.length - (area.selectionEnd - area.selectionStart)
        const from = area.selectionStart
        area.paste()
        root.controller.desk.notePaste(area.getText(from, from + area.length - rest))
    }

    implicitHeight: box.height + note.height + Tokens.s

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
        height: chips.taken + view.height + tools.height + Tokens.xl
        radius: Tokens.radiusSheet
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: area.activeFocus ? Tokens.text2 : Tokens.controlBorder

        AttachmentChips {
            id: chips

            readonly property int taken: visible ? height + Tokens.s : 0

            anchors {
                left: parent.left
                right: parent.right
                top: parent.top
                margins: Tokens.m
            }
            height: implicitHeight
            visible: root.controller.attachments.count > 0
            files: root.controller.attachments
            room: root.pageHeight * 0.2
            onOpened: row => root.fileWanted(row)
        }
        Flickable {
            id: view

            anchors {
                left: parent.left
                right: parent.right
                top: parent.top
                margins: Tokens.m
                topMargin: Tokens.m + chips.taken
                leftMargin: Tokens.l
                bottomMargin: 0
            }
            height: Math.min(area.implicitHeight, root.roomForText)
            contentWidth: width
            contentHeight: area.implicitHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds

            ScrollBar.vertical: EtnaScrollBar {}

            TextArea.flickable: TextArea {
                id: area

                focus: true
                padding: 0
                topPadding: 0
                bottomPadding: 0
                leftPadding: 0
                rightPadding: Tokens.m
                wrapMode: TextArea.Wrap
                textFormat: TextEdit.PlainText
                color: Tokens.text
                placeholderText: root.controller.placeholder
                placeholderTextColor: Tokens.text3
                selectionColor: Tokens.selection
                selectedTextColor: Tokens.text
                font.family: Tokens.family
                font.pixelSize: Tokens.fontReading
                background: null
                Accessible.name: qsTr("Message")
                Accessible.description: root.controller.hint

                onTextChanged: root.controller.draft = area.text
                // A message has no tabs: the key moves on, as everywhere.
                Keys.onTabPressed: area.nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                Keys.onBacktabPressed: area.nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                // While characters are composed, and while a message is changed, keys belong to the text.
                Keys.onShortcutOverride: event => {
                    const leaves = event.key === Qt.Key_Escape && root.controller.editing && !root.controller.writing
                    event.accepted = area.inputMethodComposing || leaves
                }
                Keys.onEscapePressed: event => {
                    event.accepted = root.controller.editing && !area.inputMethodComposing
                    if (event.accepted)
                        root.controller.cancelEdit()
                }
                Keys.onUpPressed: event => {
                    event.accepted = area.length === 0 && !area.inputMethodComposing && root.controller.editLast()
                }
                Keys.onPressed: event => {
                    if (event.matches(StandardKey.Paste)) {
                        event.accepted = true
                        return root.paste()
                    }
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
            id: tools

            anchors {
                left: parent.left
                right: parent.right
                bottom: parent.bottom
                leftMargin: Tokens.l
                rightMargin: Tokens.s
                bottomMargin: Tokens.s
            }
            height: Tokens.control
            spacing: Tokens.s

            EtnaIconButton {
                Layout.leftMargin: -Tokens.s
                symbol: "attach"
                text: qsTr("Attach files")
                onClicked: root.chooseFiles()
            }
            EtnaSwitch {
                id: thinking

                visible: root.controller.canSwitchThinking
                name: qsTr("Thinking")
                checked: root.controller.thinking
                onToggled: root.controller.thinking = thinking.checked

                EtnaToolTip {
                    text: qsTr("The model thinks before it answers: better answers that take longer")
                    shown: thinking.hovered
                }
            }
            EtnaText {
                visible: root.controller.canSwitchThinking
                text: qsTr("Thinking")
                size: EtnaText.Small
                color: Tokens.text2
                Accessible.ignored: true
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.library.loaded || root.library.loading ? root.controller.hint : ""
                size: EtnaText.Small
                color: Tokens.text2
                elide: Text.ElideRight
            }
            EtnaText {
                visible: root.controller.draftTokens.length > 0
                text: root.controller.draftTokens
                size: EtnaText.Small
                color: Tokens.text3
            }
            EtnaButton {
                visible: !root.library.loaded && !root.library.loading && root.controller.messages.count > 0
                text: qsTr("Choose model")
                onClicked: root.pickerWanted()
            }
            EtnaIconButton {
                visible: !root.controller.writing
                solid: true
                enabled: root.controller.canSend
                symbol: "arrow-up"
                text: qsTr("Send")
                shortcutText: App.settings.enterSends ? qsTr("Enter") : qsTr("Ctrl+Enter")
                onClicked: root.controller.send()
            }
            EtnaIconButton {
                visible: root.controller.canQueue
                symbol: "arrow-up"
                text: qsTr("Send after the reply")
                shortcutText: App.settings.enterSends ? qsTr("Enter") : qsTr("Ctrl+Enter")
                onClicked: {
                    root.controller.send()
                    root.focusText()
                }
            }
            EtnaIconButton {
                visible: root.controller.writing
                solid: true
                symbol: "stop"
                text: qsTr("Stop")
                shortcutText: qsTr("Esc")
                onClicked: root.controller.stop()
            }
        }
    }
    FileDialog {
        id: dialog

        title: qsTr("Choose text or source files to attach")
        fileMode: FileDialog.OpenFiles
        onAccepted: {
            root.controller.desk.addFiles(dialog.selectedFiles)
            root.focusText()
        }
    }
    EtnaText {
        id: note

        anchors { left: parent.left; right: parent.right; top: box.bottom; topMargin: Tokens.s }
        text: root.library.starter
            ? qsTr("Etna Starter is a tiny model for trying things out, not a source of facts.")
            : qsTr("Models make mistakes. Check what matters.")
        size: EtnaText.Small
        color: Tokens.text3
        horizontalAlignment: Text.AlignHCenter
        elide: Text.ElideRight
    }
}
