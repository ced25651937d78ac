import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What the model is told before everything else, six lines of it in sight.
ColumnLayout {
    id: root

    required property ChatInspector inspector

    spacing: Tokens.xs

    Rectangle {
        Layout.fillWidth: true
        implicitHeight: 6 * Tokens.lineBody + 2 * Tokens.s
        radius: Tokens.radiusControl
        color: Tokens.surface
        border.width: area.activeFocus ? 2 : Tokens.hair
        border.color: area.activeFocus ? Tokens.focus : Tokens.controlBorder

        ScrollView {
            anchors { fill: parent; margins: 2 }
            contentWidth: availableWidth

            TextArea {
                id: area

                padding: Tokens.s
                wrapMode: TextArea.Wrap
                textFormat: TextEdit.PlainText
                text: root.inspector.systemPrompt
                color: Tokens.text
                placeholderText: qsTr("You are a helpful assistant who answers in short sentences.")
                placeholderTextColor: Tokens.text3
                selectionColor: Tokens.selection
                selectedTextColor: Tokens.text
                selectByMouse: true
                font.family: Tokens.family
                font.pixelSize: Tokens.fontBody
                background: null
                Accessible.name: qsTr("System prompt of this chat")

                onTextChanged: root.inspector.systemPrompt = area.text
                Keys.onTabPressed: area.nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                Keys.onBacktabPressed: area.nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
            }
        }
    }
    RowLayout {
        Layout.fillWidth: true

        EtnaText {
            Layout.fillWidth: true
            text: root.inspector.savedText
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaButton {
            visible: root.inspector.systemPrompt !== ""
            text: qsTr("Reset", "empties the system prompt")
            tip: qsTr("Without a system prompt")
            kind: EtnaButton.Quiet
            onClicked: {
                area.forceActiveFocus()
                root.inspector.resetPrompt()
            }
        }
    }
}
