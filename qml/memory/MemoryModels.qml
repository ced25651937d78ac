pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The models in memory: when they were used, when they go, and how to keep or unload them.
ColumnLayout {
    id: root

    required property LoadedModels models

    signal pickerWanted()

    spacing: 0

    ColumnLayout {
        Layout.margins: Tokens.l
        visible: root.models.count === 0
        spacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("No model is in memory. A model is loaded when you choose it, and stays for the next chat.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaButton {
            text: qsTr("Choose a model")
            onClicked: root.pickerWanted()
        }
    }
    Repeater {
        id: rows

        model: root.models

        ColumnLayout {
            id: row

            required property int index
            required property real modelId
            required property string name
            required property string settings
            required property string amount
            required property string used
            required property string unloads
            required property string frees
            required property bool pinned

            Layout.fillWidth: true
            spacing: 0

            RowLayout {
                Layout.fillWidth: true
                Layout.margins: Tokens.m
                Layout.leftMargin: Tokens.l
                Layout.rightMargin: Tokens.l
                spacing: Tokens.m

                ColumnLayout {
                    Layout.fillWidth: true
                    spacing: 0

                    EtnaText {
                        Layout.fillWidth: true
                        text: row.name
                        font.weight: Font.Medium
                        elide: Text.ElideMiddle
                    }
                    EtnaText {
                        Layout.fillWidth: true
                        text: row.settings
                        size: EtnaText.Small
                        color: Tokens.text2
                        elide: Text.ElideRight
                    }
                    EtnaText {
                        Layout.fillWidth: true
                        text: row.unloads === "" ? row.used : qsTr("%1 · %2").arg(row.used).arg(row.unloads)
                        size: EtnaText.Small
                        color: Tokens.text2
                        elide: Text.ElideRight
                    }
                }
                EtnaText {
                    text: row.amount
                    font.family: Tokens.mono
                    font.pixelSize: Tokens.fontCode
                }
                EtnaButton {
                    text: row.pinned ? qsTr("Unpin") : qsTr("Pin")
                    symbol: "pin"
                    tip: row.pinned ? qsTr("May be unloaded again") : qsTr("Stays until you unload it")
                    Accessible.name: row.pinned ? qsTr("Unpin %1").arg(row.name) : qsTr("Pin %1").arg(row.name)
                    onClicked: root.models.setPinned(row.modelId, !row.pinned)
                }
                EtnaButton {
                    text: qsTr("Unload")
                    tip: row.frees
                    Accessible.name: qsTr("Unload %1").arg(row.name)
                    onClicked: root.models.unload(row.modelId)
                }
            }
            Rectangle {
                Layout.fillWidth: true
                Layout.leftMargin: Tokens.l
                Layout.rightMargin: Tokens.l
                visible: row.index < rows.count - 1
                implicitHeight: Tokens.hair
                color: Tokens.border
            }
        }
    }
}
