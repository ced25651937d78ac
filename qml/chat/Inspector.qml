pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// How the model is asked in this chat.
FocusScope {
    id: root

    required property ChatInspector inspector

    signal closed()

    component Part: ColumnLayout {
        id: part

        required property string title

        Layout.fillWidth: true
        spacing: Tokens.s
        Accessible.role: Accessible.Grouping
        Accessible.name: part.title

        EtnaText {
            Layout.fillWidth: true
            text: part.title
            font.weight: Font.DemiBold
            Accessible.role: Accessible.Heading
        }
    }
    component Note: EtnaText {
        Layout.fillWidth: true
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }

    implicitWidth: Tokens.inspector
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Settings of this chat")

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    Rectangle {
        anchors { left: parent.left; top: parent.top; bottom: parent.bottom }
        width: Tokens.hair
        color: Tokens.border
    }
    Flickable {
        id: page

        anchors { fill: parent; leftMargin: Tokens.hair }
        contentHeight: column.implicitHeight + 2 * Tokens.l
        clip: true
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        ColumnLayout {
            id: column

            x: Tokens.l
            y: Tokens.l
            width: page.width - 2 * Tokens.l
            spacing: Tokens.xl

            ColumnLayout {
                Layout.fillWidth: true
                spacing: Tokens.xs

                RowLayout {
                    Layout.fillWidth: true

                    EtnaText {
                        Layout.fillWidth: true
                        text: qsTr("This chat")
                        size: EtnaText.Title
                        elide: Text.ElideRight
                        Accessible.role: Accessible.Heading
                    }
                    EtnaIconButton {
                        symbol: "close"
                        text: qsTr("Hide the settings of this chat")
                        shortcutText: "Ctrl+Alt+B"
                        focus: true
                        onClicked: root.closed()
                    }
                }
                Note { text: qsTr("Changes apply to the next reply.") }
            }
            Part {
                title: qsTr("System prompt")

                InspectorPrompt {
                    Layout.fillWidth: true
                    inspector: root.inspector
                }
                InspectorPresets {
                    Layout.fillWidth: true
                    inspector: root.inspector
                }
            }
            Part {
                title: qsTr("Sampling")

                InspectorSampling {
                    Layout.fillWidth: true
                    inspector: root.inspector
                }
            }
            Part {
                title: qsTr("Stop texts")

                Note { text: qsTr("A reply ends where one of them would come. \\n stands for a line break.") }
                InspectorStops {
                    Layout.fillWidth: true
                    inspector: root.inspector
                }
            }
            Part {
                title: qsTr("Context")

                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("Size")
                    Accessible.ignored: true
                }
                EtnaComboBox {
                    id: sizes

                    Layout.fillWidth: true
                    name: qsTr("Size of the context")
                    model: root.inspector.sizes
                    currentIndex: root.inspector.size
                    onActivated: index => root.inspector.size = index
                }
                Note {
                    visible: root.inspector.reloadText !== ""
                    text: root.inspector.reloadText
                    color: Tokens.warn
                }
                EtnaButton {
                    visible: root.inspector.reloadText !== ""
                    enabled: root.inspector.canReload
                    text: qsTr("Reload now")
                    onClicked: {
                        sizes.forceActiveFocus()
                        root.inspector.reload()
                    }
                }
                EtnaText {
                    Layout.fillWidth: true
                    Layout.topMargin: Tokens.s
                    text: qsTr("When the chat gets longer than that")
                    wrapMode: Text.Wrap
                    Accessible.ignored: true
                }
                EtnaComboBox {
                    Layout.fillWidth: true
                    name: qsTr("When the chat gets longer than the context")
                    model: [qsTr("Stop and ask"), qsTr("Drop the oldest turns"), qsTr("Drop the middle")]
                    currentIndex: root.inspector.context.policy
                    onActivated: index => root.inspector.context.policy = index
                }
            }
        }
    }
    FocusFollower {
        page: page
        scope: root
    }
}
