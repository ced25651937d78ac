pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Texts that end a reply.
ColumnLayout {
    id: root

    required property ChatInspector inspector

    function add() {
        root.inspector.addStopText(field.text)
        field.text = ""
    }

    spacing: Tokens.xs

    Repeater {
        model: root.inspector.stopTexts

        RowLayout {
            id: entry

            required property string modelData
            required property int index

            Layout.fillWidth: true
            spacing: Tokens.xs

            EtnaText {
                Layout.fillWidth: true
                text: entry.modelData
                font.family: Tokens.mono
                font.pixelSize: Tokens.fontCode
                elide: Text.ElideRight
            }
            EtnaIconButton {
                symbol: "close"
                text: qsTr("Remove the stop text “%1”").arg(entry.modelData)
                onClicked: {
                    field.forceActiveFocus()
                    root.inspector.removeStopText(entry.index)
                }
            }
        }
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.xs

        EtnaTextField {
            id: field

            Layout.fillWidth: true
            name: qsTr("New stop text")
            placeholderText: qsTr("Add a stop text")
            onAccepted: root.add()
        }
        EtnaIconButton {
            symbol: "plus"
            text: qsTr("Add the stop text")
            enabled: field.text !== ""
            onClicked: root.add()
        }
    }
}
