pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// How a model is to be loaded, and what that takes while one chooses.
EtnaPopup {
    id: root

    required property LoadSettings controller
    required property Machine machine
    required property int room

    readonly property int roomWide: root.parent ? root.parent.width - 2 * Tokens.xl : Tokens.columnPage
    readonly property bool narrow: root.roomWide < Tokens.columnPage

    component Field: ColumnLayout {
        id: field

        required property string label
        property string note: ""
        default property alias control: control.data

        Layout.fillWidth: true
        spacing: Tokens.xs

        EtnaText {
            text: field.label
            font.weight: Font.Medium
            Accessible.ignored: true
        }
        RowLayout {
            id: control

            Layout.fillWidth: true
            spacing: Tokens.m
        }
        EtnaText {
            Layout.fillWidth: true
            visible: field.note !== ""
            text: field.note
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
    }

    name: qsTr("Load settings")
    padding: Tokens.xl
    width: Math.min(Tokens.columnPage, root.roomWide)
    height: Math.min(implicitHeight, root.room)

    onClosed: root.controller.close()

    FolderDialog {
        id: adapterDialog

        title: qsTr("Choose an adapter's folder")
        onAccepted: root.controller.chooseAdapter(adapterDialog.selectedFolder)
    }
    Connections {
        target: root.controller

        function onStarted() {
            root.close()
        }
    }

    contentItem: ColumnLayout {
        spacing: Tokens.l

        RowLayout {
            spacing: Tokens.m

            EtnaText {
                Layout.fillWidth: true
                text: root.controller.name
                size: EtnaText.Title
                elide: Text.ElideMiddle
                Accessible.role: Accessible.Heading
            }
            EtnaIconButton {
                symbol: "close"
                text: qsTr("Close")
                shortcutText: "Esc"
                onClicked: root.close()
            }
        }
        Flickable {
            Layout.fillWidth: true
            Layout.fillHeight: true
            implicitHeight: columns.implicitHeight
            contentHeight: columns.implicitHeight
            clip: contentHeight > height
            boundsBehavior: Flickable.StopAtBounds

            ScrollBar.vertical: EtnaScrollBar {}

            GridLayout {
                id: columns

                width: parent.width
                columns: root.narrow ? 1 : 2
                columnSpacing: Tokens.xxl
                rowSpacing: Tokens.xl

                ColumnLayout {
                    // One below the other, what it takes stays in sight while one chooses.
                    Layout.row: root.narrow ? 1 : 0
                    Layout.column: 0
                    Layout.alignment: Qt.AlignTop
                    Layout.preferredWidth: 1
                    Layout.fillWidth: true
                    spacing: Tokens.l

                    Field {
                        label: qsTr("Context length")
                        note: root.controller.contextNote

                        EtnaSlider {
                            Layout.fillWidth: true
                            name: qsTr("Context length")
                            enabled: root.controller.known
                            value: root.controller.contextPosition
                            stepSize: root.controller.contextStep
                            marks: root.controller.contextMarks
                            tick: root.controller.longestPosition
                            Accessible.description: qsTr("%1 tokens").arg(root.controller.contextText)
                            onMoved: root.controller.contextPosition = value
                        }
                        EtnaTextField {
                            Layout.preferredWidth: 6 * Tokens.fontBody
                            name: qsTr("Context length in tokens")
                            enabled: root.controller.known
                            text: root.controller.contextText
                            horizontalAlignment: TextInput.AlignRight
                            inputMethodHints: Qt.ImhDigitsOnly
                            onEditingFinished: root.controller.setContextText(text)
                        }
                    }
                    Field {
                        label: qsTr("Precision of the context")
                        note: qsTr("Packed, a long chat takes less memory and is remembered a little less exactly.")

                        EtnaSegments {
                            name: qsTr("Precision of the context")
                            choices: [qsTr("As is"), qsTr("8 bit"), qsTr("4 bit")]
                            current: root.controller.precision
                            onChosen: index => root.controller.precision = index
                        }
                    }
                    Field {
                        visible: root.controller.canSplit
                        label: qsTr("Layers on the graphics device")
                        note: root.controller.layersNote

                        EtnaSegments {
                            name: qsTr("Layers on the graphics device")
                            choices: [qsTr("Automatic"), qsTr("Number")]
                            current: root.controller.automaticLayers ? 0 : 1
                            onChosen: index => root.controller.automaticLayers = index === 0
                        }
                        EtnaSlider {
                            Layout.fillWidth: true
                            visible: !root.controller.automaticLayers
                            name: qsTr("Number of layers on the graphics device")
                            from: 0
                            to: root.controller.allLayers
                            stepSize: 1
                            snapMode: Slider.SnapAlways
                            value: root.controller.layers
                            onMoved: root.controller.layers = value
                        }
                        EtnaText {
                            visible: !root.controller.automaticLayers
                            text: root.controller.layers
                            font.family: Tokens.mono
                            font.pixelSize: Tokens.fontCode
                            color: Tokens.text2
                        }
                    }
                    Field {
                        label: qsTr("Adapter")
                        note: qsTr("A fine-tuned change of this model, in a folder of its own.")

                        EtnaText {
                            Layout.fillWidth: true
                            text: root.controller.adapterName === "" ? qsTr("None") : root.controller.adapterName
                            color: root.controller.adapterName === "" ? Tokens.text2 : Tokens.text
                            elide: Text.ElideMiddle
                        }
                        EtnaButton {
                            visible: root.controller.adapterName !== ""
                            text: qsTr("Without it")
                            onClicked: root.controller.dropAdapter()
                        }
                        EtnaButton {
                            text: qsTr("Choose an adapter…")
                            onClicked: adapterDialog.open()
                        }
                    }
                    Field {
                        label: qsTr("Keep loaded")

                        EtnaComboBox {
                            Layout.fillWidth: true
                            name: qsTr("Keep loaded")
                            model: root.controller.keepChoices
                            currentIndex: root.controller.keep
                            onActivated: index => root.controller.keep = index
                        }
                    }
                    Field {
                        label: qsTr("Device")

                        EtnaComboBox {
                            Layout.fillWidth: true
                            name: qsTr("Device")
                            model: root.machine.deviceNames
                            currentIndex: root.machine.known ? root.machine.deviceIndex(root.controller.device) : 0
                            onActivated: index => root.controller.device = root.machine.deviceId(index)
                        }
                    }
                }
                LoadEstimateCard {
                    Layout.row: 0
                    Layout.column: root.narrow ? 0 : 1
                    Layout.alignment: Qt.AlignTop
                    Layout.preferredWidth: 1
                    Layout.fillWidth: true
                    controller: root.controller
                }
            }
        }
        RowLayout {
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("Reset")
                kind: EtnaButton.Quiet
                tip: qsTr("Back to Etna's own choice")
                onClicked: root.controller.reset()
            }
            Item { Layout.fillWidth: true }
            EtnaButton {
                text: qsTr("Cancel")
                onClicked: root.close()
            }
            EtnaButton {
                text: qsTr("Load")
                kind: EtnaButton.Primary
                focus: true
                enabled: !root.controller.tooBig
                tip: root.controller.tooBig ? qsTr("It does not fit") : ""
                onClicked: root.controller.load()
            }
        }
    }
}
