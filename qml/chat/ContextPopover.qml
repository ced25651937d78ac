pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What takes the model's context, and what happens when the chat outgrows it.
EtnaPopup {
    id: root

    required property ContextMeter meter
    required property int room

    readonly property list<string> policies: [
        qsTr("Stop and ask"), qsTr("Drop the oldest turns"), qsTr("Drop the middle")
    ]
    readonly property list<string> sentences: [
        qsTr("Before anything is sent you choose what to do."),
        qsTr("The system prompt and the first message stay."),
        qsTr("As many turns of the beginning stay as of the end.")
    ]

    name: qsTr("Context")
    padding: Tokens.l
    width: Math.min(Tokens.card, root.parent ? root.parent.width - 2 * Tokens.l : Tokens.card)
    height: Math.min(implicitHeight, root.room)

    onOpened: root.meter.watched = true
    onClosed: root.meter.watched = false

    contentItem: Flickable {
        id: page

        implicitHeight: column.implicitHeight
        contentHeight: column.implicitHeight
        clip: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        FocusScope {
            id: scope

            width: page.width
            height: column.implicitHeight
            focus: true

            ColumnLayout {
                id: column

                width: parent.width
                spacing: Tokens.m

                GridLayout {
                    id: heading

                    Layout.fillWidth: true
                    columns: title.implicitWidth + amount.implicitWidth + Tokens.m > column.width ? 1 : 2
                    rowSpacing: 0

                    EtnaText {
                        id: title

                        Layout.fillWidth: true
                        text: root.name
                        font.weight: Font.DemiBold
                        Accessible.role: Accessible.Heading
                    }
                    EtnaText {
                        id: amount

                        Layout.maximumWidth: column.width
                        text: root.meter.text
                        color: Tokens.text2
                        elide: Text.ElideRight
                    }
                }
                Rectangle {
                    Layout.fillWidth: true
                    implicitHeight: Tokens.bar
                    radius: Tokens.xs
                    color: Tokens.sunken
                    Accessible.role: Accessible.Indicator
                    Accessible.name: qsTr("What takes the context: %1").arg(root.meter.text)

                    StackedBar {
                        anchors.fill: parent
                        segments: root.meter.segments
                        colors: Tokens.chart
                        groundColor: Tokens.surface
                        tickColor: Tokens.text
                    }
                }
                ColumnLayout {
                    Layout.fillWidth: true
                    spacing: Tokens.xs

                    Repeater {
                        model: root.meter.parts

                        RowLayout {
                            id: part

                            required property string name
                            required property string amount
                            required property int colorIndex
                            required property int pattern

                            Layout.fillWidth: true
                            spacing: Tokens.s

                            PatternSwatch {
                                Layout.preferredWidth: Tokens.swatch
                                Layout.preferredHeight: Tokens.swatch
                                color: Tokens.chart[part.colorIndex]
                                groundColor: Tokens.surface
                                pattern: part.pattern
                            }
                            EtnaText {
                                Layout.fillWidth: true
                                text: part.name
                                color: Tokens.text2
                                elide: Text.ElideRight
                            }
                            EtnaText {
                                text: part.amount
                                font.family: Tokens.mono
                                font.pixelSize: Tokens.fontCode
                            }
                        }
                    }
                }
                EtnaText {
                    Layout.fillWidth: true
                    visible: root.meter.note !== ""
                    text: root.meter.note
                    size: EtnaText.Small
                    color: Tokens.warn
                    wrapMode: Text.Wrap
                }
                Rectangle {
                    Layout.fillWidth: true
                    implicitHeight: Tokens.hair
                    color: Tokens.border
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("When the chat gets longer than that")
                    font.weight: Font.Medium
                    wrapMode: Text.Wrap
                }
                Repeater {
                    model: root.policies

                    PolicyChoice {
                        id: choice

                        required property string modelData
                        required property int index

                        Layout.fillWidth: true
                        text: choice.modelData
                        sentence: root.sentences[choice.index]
                        checked: root.meter.policy === choice.index
                        focus: choice.checked
                        onClicked: root.meter.policy = choice.index
                    }
                }
            }
        }
        FocusFollower {
            page: page
            scope: scope
        }
    }
}
