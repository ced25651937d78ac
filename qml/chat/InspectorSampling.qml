pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// How words are drawn: each setting with a sentence, a slider and a field.
ColumnLayout {
    id: root

    required property ChatInspector inspector

    property bool all: false

    spacing: Tokens.l

    Repeater {
        model: root.inspector.sampling

        ColumnLayout {
            id: entry

            required property int index
            required property string name
            required property string sentence
            required property string shown
            required property real position
            required property real step
            required property bool changed
            required property string usual
            required property bool basic

            Layout.fillWidth: true
            visible: root.all || entry.basic || entry.changed
            spacing: 0

            RowLayout {
                Layout.fillWidth: true
                spacing: Tokens.xs

                EtnaText {
                    Layout.fillWidth: true
                    text: entry.name
                    elide: Text.ElideRight
                    Accessible.ignored: true
                }
                AbstractButton {
                    id: dot

                    visible: entry.changed
                    implicitWidth: Tokens.xl
                    implicitHeight: Tokens.xl
                    hoverEnabled: true
                    Accessible.name: qsTr("Reset %1 to %2").arg(entry.name).arg(entry.usual)
                    onClicked: {
                        // The dot goes; the keyboard stays here.
                        if (dot.activeFocus)
                            field.forceActiveFocus(Qt.TabFocusReason)
                        root.inspector.sampling.reset(entry.index)
                    }

                    contentItem: Item {
                        Rectangle {
                            anchors.centerIn: parent
                            width: Tokens.s
                            height: width
                            radius: width / 2
                            color: Tokens.accent
                        }
                    }
                    background: Rectangle {
                        radius: width / 2
                        color: dot.hovered ? Tokens.hover : Tokens.transparent

                        FocusRing {
                            control: dot
                            corner: parent.radius
                        }
                    }

                    EtnaToolTip {
                        text: dot.Accessible.name
                        shown: dot.hovered
                    }
                }
                EtnaTextField {
                    id: field

                    Layout.preferredWidth: 6 * Tokens.fontBody
                    name: qsTr("%1 as a number").arg(entry.name)
                    text: entry.shown
                    placeholderText: entry.usual
                    horizontalAlignment: TextInput.AlignRight
                    inputMethodHints: Qt.ImhFormattedNumbersOnly
                    onEditingFinished: {
                        root.inspector.sampling.type(entry.index, field.text)
                        // What was not taken goes.
                        field.text = Qt.binding(() => entry.shown)
                    }
                }
            }
            EtnaSlider {
                Layout.fillWidth: true
                visible: entry.position >= 0
                name: entry.name
                value: Math.max(0, entry.position)
                stepSize: entry.step
                Accessible.description: entry.shown
                onMoved: root.inspector.sampling.move(entry.index, value)
            }
            EtnaText {
                Layout.fillWidth: true
                text: entry.sentence
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
        }
    }
    EtnaButton {
        id: more

        text: root.all ? qsTr("Fewer") : qsTr("More")
        symbol: root.all ? "chevron-down" : "chevron-right"
        kind: EtnaButton.Quiet
        tip: root.all ? qsTr("Only the three that matter most") : qsTr("All sampling settings")
        onClicked: root.all = !root.all
    }
    Flow {
        Layout.fillWidth: true
        visible: root.inspector.changedText !== ""
        spacing: Tokens.s

        EtnaText {
            height: Tokens.control
            text: root.inspector.changedText
            size: EtnaText.Small
            color: Tokens.text2
        }
        EtnaButton {
            text: qsTr("Reset all")
            kind: EtnaButton.Quiet
            tip: qsTr("As the model and Etna choose")
            onClicked: {
                more.forceActiveFocus()
                root.inspector.resetSampling()
            }
        }
    }
}
