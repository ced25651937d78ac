pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// System prompt, sampling and stop texts under a name, for other chats.
ColumnLayout {
    id: root

    required property ChatInspector inspector

    property bool naming: false

    function save() {
        root.inspector.savePreset(field.text)
        root.naming = false
        again.forceActiveFocus(Qt.TabFocusReason)
    }
    function leave() {
        root.naming = false
        again.forceActiveFocus(Qt.TabFocusReason)
    }

    spacing: Tokens.s

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("Preset")
        Accessible.ignored: true
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.xs

        EtnaComboBox {
            Layout.fillWidth: true
            name: qsTr("Preset")
            enabled: root.inspector.presets.length > 0
            model: root.inspector.presets
            currentIndex: root.inspector.preset
            displayText: root.inspector.preset >= 0 ? root.inspector.presets[root.inspector.preset]
                : root.inspector.presets.length > 0 ? qsTr("Choose…") : qsTr("None saved yet")
            onActivated: index => root.inspector.usePreset(index)
        }
        EtnaIconButton {
            visible: root.inspector.preset >= 0
            symbol: "trash"
            text: qsTr("Delete the preset")
            onClicked: {
                again.forceActiveFocus()
                root.inspector.deletePreset(root.inspector.preset)
            }
        }
    }
    EtnaButton {
        id: again

        visible: !root.naming
        text: qsTr("Save as…")
        tip: qsTr("Saves the system prompt, the sampling and the stop texts for other chats")
        onClicked: {
            root.naming = true
            field.text = ""
            field.forceActiveFocus(Qt.TabFocusReason)
        }
    }
    EtnaTextField {
        id: field

        Layout.fillWidth: true
        visible: root.naming
        name: qsTr("Name of the preset")
        placeholderText: qsTr("Name")
        font.family: Tokens.family
        onAccepted: root.save()
        Keys.onEscapePressed: root.leave()
    }
    RowLayout {
        visible: root.naming
        spacing: Tokens.s

        EtnaButton {
            enabled: field.text.trim() !== ""
            text: qsTr("Save the preset")
            onClicked: root.save()
        }
        EtnaButton {
            text: qsTr("Leave it")
            kind: EtnaButton.Quiet
            onClicked: root.leave()
        }
    }
}
