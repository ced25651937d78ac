pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What is kept of prompts that were read: how much, where, of which chats, and how it is forgotten.
ColumnLayout {
    id: root

    required property PromptsController prompts

    spacing: 0

    SettingRow {
        label: qsTr("In memory")
        note: root.prompts.hitText
        wraps: true

        EtnaText {
            text: root.prompts.memoryText
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            color: Tokens.text2
        }
    }
    SettingRow {
        label: qsTr("Keep prompts on disk")
        note: root.prompts.onDisk ? qsTr("Chats go on at once after a restart. Temporary chats are never written.")
            : qsTr("What was written stays until it is forgotten.")
        wraps: true

        EtnaText {
            text: root.prompts.diskText
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            color: Tokens.text2
        }
        EtnaSwitch {
            name: qsTr("Keep prompts on disk")
            checked: root.prompts.onDisk
            onToggled: root.prompts.onDisk = checked
        }
    }
    SettingRow {
        label: qsTr("At most on disk")
        note: qsTr("Beyond that, what was unused longest is forgotten.")
        wraps: true

        EtnaText {
            text: root.prompts.limitText
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            color: Tokens.text2
        }
        EtnaSlider {
            name: qsTr("At most on disk")
            enabled: root.prompts.onDisk
            from: 0
            to: root.prompts.limitSteps - 1
            stepSize: 1
            snapMode: Slider.SnapAlways
            value: root.prompts.limit
            Accessible.description: root.prompts.limitText
            onMoved: root.prompts.limit = Math.round(value)
        }
    }
    SettingRow {
        visible: root.prompts.folder !== ""
        label: qsTr("Folder")
        note: root.prompts.folder

        EtnaButton {
            text: qsTr("Open")
            Accessible.name: qsTr("Open the folder of kept prompts")
            onClicked: root.prompts.openFolder()
        }
    }
    EtnaText {
        Layout.fillWidth: true
        Layout.margins: Tokens.l
        Layout.bottomMargin: 0
        visible: root.prompts.trouble !== ""
        text: root.prompts.trouble
        size: EtnaText.Small
        color: Tokens.warn
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    EtnaText {
        Layout.fillWidth: true
        Layout.margins: Tokens.l
        visible: root.prompts.known && root.prompts.prompts.count === 0
        text: qsTr("Nothing is kept yet. What a chat has read is kept by itself, so that it need not be read again.")
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.prompts.prompts

        KeptPromptRow {
            Layout.fillWidth: true
            onForgotten: row => root.prompts.forget(row)
        }
    }
    Flow {
        Layout.fillWidth: true
        Layout.margins: Tokens.l
        visible: root.prompts.prompts.count > 0
        spacing: Tokens.s

        Repeater {
            model: root.prompts.prompts.models.length > 1 ? root.prompts.prompts.models : []

            EtnaButton {
                required property string modelData

                text: qsTr("Forget those of %1").arg(modelData)
                onClicked: root.prompts.forgetModel(modelData)
            }
        }
        EtnaButton {
            text: root.prompts.clearText
            tip: qsTr("Chats stay; they are read again when they go on")
            onClicked: root.prompts.forgetAll()
        }
    }
}
