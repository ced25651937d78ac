pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui
import Etna.Transcript

/// The foot of a message: what it waits for, what went wrong, how it went, and what can be done with it. The buttons
/// are seen on the last reply, on others when one points at them or reaches them with the keyboard.
FocusScope {
    id: root

    /// Something that this message allows.
    component Act: EtnaIconButton {
        id: act

        required property int does
        property bool allowed: true

        visible: act.allowed && (root.slot.actions & act.does) !== 0
        onClicked: root.actionWanted(root.slot.row, act.does)
    }

    required property TranscriptSlot slot
    required property ChatController controller

    readonly property bool shown: root.slot.last || root.slot.hovered || root.activeFocus

    signal remedyWanted(action: int)
    signal copyWanted(row: int)
    signal actionWanted(row: int, action: int)
    signal detailsWanted(row: int)
    signal optionsWanted()
    signal moreWanted(slot: TranscriptSlot, button: Item)

    implicitHeight: content.height
    Accessible.role: Accessible.Grouping
    Accessible.name: root.slot.mine ? qsTr("What to do with message %1").arg(root.slot.row + 1)
        : qsTr("About message %1").arg(root.slot.row + 1)

    Column {
        id: content

        readonly property problem trouble: root.slot.problem

        width: root.width

        WaitingSign {
            visible: root.slot.waiting || root.slot.reading
            queued: root.slot.waiting
            onStopWanted: root.controller.stop()
        }
        Repeater {
            model: content.trouble.set ? 1 : 0

            Item {
                width: content.width
                height: card.height + Tokens.m

                ProblemCard {
                    id: card

                    y: Tokens.m
                    width: parent.width
                    trouble: content.trouble
                    onAct: action => root.remedyWanted(action)
                }
            }
        }
        EtnaText {
            visible: root.slot.notice !== ""
            width: content.width
            topPadding: Tokens.m
            text: root.slot.notice
            size: EtnaText.Small
            color: Tokens.warn
            wrapMode: Text.Wrap
        }
        // While it is written: how quick. Afterwards: how it went, why it stopped, and what that leads to.
        EtnaText {
            visible: !root.slot.ended && root.slot.statistics !== ""
            width: content.width
            topPadding: Tokens.m
            text: root.slot.statistics
            size: EtnaText.Small
            font.family: Tokens.mono
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        Flow {
            visible: root.slot.ended && root.slot.statistics !== ""
            width: content.width
            topPadding: Tokens.m
            spacing: Tokens.xs

            StatisticsLine {
                line: root.slot.statistics
                limit: content.width
                enabled: (root.slot.actions & TranscriptSource.Details) !== 0
                onClicked: root.detailsWanted(root.slot.row)
            }
            EtnaText {
                visible: goOn.visible || options.visible || why.visible
                text: "–"
                size: EtnaText.Small
                color: Tokens.text2
                Accessible.ignored: true
            }
            InlineLink {
                id: goOn

                visible: (root.slot.actions & TranscriptSource.CutOff) !== 0 && root.slot.last && root.controller.canContinue
                text: qsTr("Continue")
                onClicked: root.actionWanted(root.slot.row, TranscriptSource.Continue)
            }
            InlineLink {
                id: options

                visible: (root.slot.actions & TranscriptSource.Options) !== 0
                text: qsTr("Options")
                onClicked: root.optionsWanted()
            }
            InlineLink {
                id: why

                visible: content.trouble.set
                text: qsTr("Details")
                onClicked: root.detailsWanted(root.slot.row)
            }
        }
        Item {
            visible: root.slot.ended
            width: content.width
            height: root.slot.mine ? Tokens.control : Tokens.control + Tokens.xs

            Row {
                x: root.slot.mine ? content.width - width : -Tokens.s
                y: root.slot.mine ? 0 : Tokens.xs
                opacity: root.shown ? 1 : 0

                EtnaIconButton {
                    symbol: "copy"
                    text: root.slot.mine ? qsTr("Copy the message") : qsTr("Copy the reply")
                    shortcutText: root.slot.last && !root.slot.mine ? "Ctrl+Shift+C" : ""
                    enabled: !root.slot.empty
                    onClicked: root.copyWanted(root.slot.row)
                }
                EtnaIconButton {
                    visible: root.slot.last && (root.slot.actions & TranscriptSource.Regenerate) !== 0
                    enabled: root.controller.canRegenerate
                    symbol: "refresh"
                    text: qsTr("Write it again")
                    shortcutText: "Ctrl+R"
                    onClicked: root.controller.regenerate()
                }
                Act {
                    does: TranscriptSource.Continue
                    allowed: root.slot.last && root.controller.canContinue
                    symbol: "play"
                    text: qsTr("Continue the reply")
                }
                Act {
                    does: TranscriptSource.Edit
                    enabled: !root.controller.writing
                    symbol: "edit"
                    text: qsTr("Edit the message")
                }
                Act {
                    does: TranscriptSource.Branch
                    allowed: !root.controller.temporary
                    symbol: "branch"
                    text: qsTr("Branch from here")
                }
                EtnaIconButton {
                    id: more

                    symbol: "more"
                    text: qsTr("More for message %1").arg(root.slot.row + 1)
                    onClicked: root.moreWanted(root.slot, more)
                }
                Row {
                    visible: root.slot.versions > 1

                    EtnaIconButton {
                        enabled: root.slot.version > 1
                        symbol: "chevron-left"
                        text: qsTr("The version before")
                        onClicked: root.actionWanted(root.slot.row, TranscriptSource.VersionBefore)
                    }
                    EtnaText {
                        height: Tokens.control
                        verticalAlignment: Text.AlignVCenter
                        text: qsTr("%1/%2", "which of a message's versions").arg(root.slot.version).arg(root.slot.versions)
                        size: EtnaText.Small
                        color: Tokens.text2
                    }
                    EtnaIconButton {
                        enabled: root.slot.version < root.slot.versions
                        symbol: "chevron-right"
                        text: qsTr("The next version")
                        onClicked: root.actionWanted(root.slot.row, TranscriptSource.VersionAfter)
                    }
                }
            }
        }
    }
}
