pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui
import Etna.Transcript

/// One side of a comparison: who answers, the answer, how it went.
FocusScope {
    id: root

    required property CompareController controller
    required property CompareColumn column
    required property int index
    required property int choice
    required property string label

    signal adapterWanted()
    signal fileWanted(name: string, text: string)
    signal linkActivated(link: string)

    Accessible.role: Accessible.Grouping
    Accessible.name: root.label

    ColumnLayout {
        anchors.fill: parent
        spacing: Tokens.s

        RowLayout {
            spacing: Tokens.s

            EtnaComboBox {
                Layout.fillWidth: true
                Layout.maximumWidth: Tokens.card
                name: qsTr("%1: model").arg(root.label)
                enabled: !root.controller.running
                model: root.controller.choices
                currentIndex: root.choice
                onActivated: index => root.controller.chooseModel(root.index, index)
            }
            EtnaButton {
                visible: root.column.adapterName === ""
                enabled: !root.controller.running
                text: qsTr("Adapter…")
                tip: qsTr("Answer with a fine-tuned change of this model")
                Accessible.name: qsTr("%1: choose an adapter").arg(root.label)
                onClicked: root.adapterWanted()
            }
            Item {
                Layout.fillWidth: true
            }
        }
        RowLayout {
            visible: root.column.adapterName !== ""
            spacing: Tokens.xs

            EtnaText {
                Layout.fillWidth: true
                Layout.maximumWidth: implicitWidth + 1
                text: qsTr("with %1").arg(root.column.adapterName)
                color: Tokens.text2
                elide: Text.ElideMiddle
            }
            EtnaIconButton {
                enabled: !root.controller.running
                symbol: "close"
                text: qsTr("%1: without %2").arg(root.label).arg(root.column.adapterName)
                onClicked: root.controller.dropAdapter(root.index)
            }
        }
        Rectangle {
            Layout.fillWidth: true
            Layout.fillHeight: true
            radius: Tokens.radiusCard
            color: Tokens.surface
            border { width: answer.activeFocus && answer.keyboardFocus ? 2 : Tokens.hair; color: answer.activeFocus && answer.keyboardFocus ? Tokens.focus : Tokens.border }

            TranscriptView {
                id: answer

                anchors { fill: parent; margins: Tokens.xs }
                clip: true
                activeFocusOnTab: root.column.messages.count > 0
                columnWidth: Tokens.column
                Accessible.role: Accessible.List
                Accessible.name: qsTr("%1: answer").arg(root.label)

                source: MessageListSource { messages: root.column.messages }
                theme: TranscriptColors {}
                codeControl: Component {
                    CodeControl { view: answer }
                }
                thinkingControl: Component {
                    ThinkingControl { view: answer }
                }
                imageControl: Component {
                    ImageControl { onWanted: link => root.linkActivated(link) }
                }
                attachmentControl: Component {
                    AttachmentControl {
                        onWanted: (row, file) => root.fileWanted(root.column.messages.fileName(row, file),
                            root.column.messages.fileText(row, file))
                    }
                }
                onThinkingToggled: (row, open) => root.column.messages.setThinkingOpen(row, open)
                onLinkActivated: link => root.linkActivated(link)
            }
            EtnaText {
                anchors { centerIn: parent }
                width: parent.width - 2 * Tokens.xl
                visible: root.column.messages.count === 0
                text: qsTr("%1 answers here").arg(root.column.name)
                color: Tokens.text3
                horizontalAlignment: Text.AlignHCenter
                wrapMode: Text.Wrap
            }
        }
        ProblemCard {
            Layout.fillWidth: true
            visible: root.column.problem.set
            trouble: root.column.problem
            onAct: App.copy(root.column.problem.details)
        }
        RowLayout {
            Layout.minimumHeight: Tokens.control
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.column.stateText !== "" ? root.column.stateText : root.column.statistics
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaText {
                visible: root.column.kept
                text: qsTr("Kept in the chat")
                size: EtnaText.Small
                color: Tokens.ok
            }
            EtnaButton {
                visible: root.controller.inChat && root.column.canKeep && !root.controller.running
                text: qsTr("Keep this answer")
                Accessible.name: qsTr("%1: keep this answer").arg(root.label)
                tip: qsTr("The chat shows it; the other one stays as another version")
                onClicked: root.controller.keep(root.index)
            }
        }
    }
}
