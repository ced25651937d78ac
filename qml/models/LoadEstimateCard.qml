pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What a load takes, against what may be used, and the ways out where it does not fit.
ColumnLayout {
    id: root

    required property LoadSettings controller

    spacing: Tokens.m

    EtnaText {
        text: qsTr("What it takes")
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Repeater {
        model: root.controller.bars

        ColumnLayout {
            id: pool

            required property string name
            required property string text
            required property string note
            required property double tick
            required property SegmentList segments

            Layout.fillWidth: true
            spacing: Tokens.xs

            PoolBar {
                Layout.fillWidth: true
                name: pool.name
                text: pool.text
                note: pool.note
                tick: pool.tick
                segments: pool.segments
            }
            MemoryLegend {
                Layout.fillWidth: true
                segments: pool.segments
            }
        }
    }
    EtnaText {
        Layout.fillWidth: true
        text: root.controller.known || root.controller.unreadable ? root.controller.sentence
            : qsTr("Reading the model's description…")
        color: root.controller.tooBig ? Tokens.bad : Tokens.text
        wrapMode: Text.Wrap
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.measured
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Rectangle {
        Layout.fillWidth: true
        visible: root.controller.tooBig
        implicitHeight: ways.implicitHeight + 2 * Tokens.m
        radius: Tokens.radiusCard
        color: Tokens.transparent
        border.width: Tokens.hair
        border.color: Tokens.bad
        Accessible.role: Accessible.AlertMessage
        Accessible.name: root.controller.sentence

        ColumnLayout {
            id: ways

            anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m }
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.controller.asking
                    ? qsTr("The system may slow down or close programs. Etna will stop loading if memory becomes critical.")
                    : qsTr("It does not fit. You can:")
                wrapMode: Text.Wrap
            }
            Flow {
                Layout.fillWidth: true
                visible: !root.controller.asking
                spacing: Tokens.s

                EtnaButton {
                    visible: root.controller.shorterText !== ""
                    text: root.controller.shorterText
                    onClicked: root.controller.useShorter()
                }
                EtnaButton {
                    visible: root.controller.packText !== ""
                    text: root.controller.packText
                    onClicked: root.controller.pack()
                }
                Repeater {
                    model: root.controller.unloadTexts

                    EtnaButton {
                        required property string modelData
                        required property int index

                        text: modelData
                        onClicked: root.controller.unloadRoom(index)
                    }
                }
                EtnaButton {
                    text: qsTr("Load anyway…")
                    kind: EtnaButton.Quiet
                    onClicked: root.controller.askAnyway()
                }
            }
            RowLayout {
                visible: root.controller.asking
                spacing: Tokens.s

                EtnaButton {
                    text: qsTr("Load anyway")
                    onClicked: root.controller.loadAnyway()
                }
                EtnaButton {
                    text: qsTr("Back")
                    kind: EtnaButton.Quiet
                    onClicked: root.controller.dontLoadAnyway()
                }
            }
        }
    }
}
