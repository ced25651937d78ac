pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// A message does not fit with what was said before: what is to be done? Nothing was read yet; the reply waits.
EtnaPopup {
    id: root

    required property OverflowQuestion question

    readonly property bool asked: root.question.asking

    name: qsTr("This chat is longer than the model's memory of it")
    padding: Tokens.xl
    width: Math.min(Tokens.columnFirstRun, root.parent ? root.parent.width - 2 * Tokens.xl : Tokens.columnFirstRun)
    closePolicy: Popup.CloseOnEscape

    // Escape is Cancel; where a way out was taken nothing is asked any more.
    onAboutToHide: {
        if (root.asked)
            root.question.cancel()
    }
    onAskedChanged: {
        if (root.asked)
            root.open()
        else
            root.close()
    }

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: root.name
            size: EtnaText.Title
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.question.body
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            visible: text !== ""
            text: root.question.looking ? qsTr("Looking for what fits…") : root.question.growNote
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        ColumnLayout {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                Layout.fillWidth: true
                visible: root.question.growText !== ""
                text: root.question.growText
                kind: EtnaButton.Primary
                tip: qsTr("Loads the model again with a longer context, then goes on")
                onClicked: root.question.grow()
            }
            EtnaButton {
                Layout.fillWidth: true
                visible: root.question.leaveText !== ""
                text: root.question.leaveText
                tip: qsTr("They stay in the chat; the model does not see them. The first message stays")
                onClicked: root.question.leaveOut()
            }
            EtnaButton {
                Layout.fillWidth: true
                text: qsTr("Cancel")
                kind: EtnaButton.Quiet
                focus: true
                onClicked: root.question.cancel()
            }
        }
    }
}
