pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// How it learns: a preset, three simple settings, and everything else below.
ColumnLayout {
    id: root

    required property TrainingController controller
    readonly property TuneSettings settings: root.controller.settings
    property bool open: false

    spacing: Tokens.l

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("How thoroughly is it to learn?")
        size: EtnaText.Title
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width < 1.6 * Tokens.card ? 1 : 3
        columnSpacing: Tokens.m
        rowSpacing: Tokens.m

        Repeater {
            model: root.settings.presets

            TuneCard {
                id: preset

                required property int index
                required property string title
                required property string cost

                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredWidth: 1
                text: preset.title
                detail: preset.cost
                checked: root.settings.preset === preset.index
                onClicked: root.settings.preset = preset.index
            }
        }
    }
    TuneFields {
        settings: root.settings
        model: root.settings.simple
    }
    EtnaButton {
        text: root.open ? qsTr("Hide the advanced settings") : qsTr("Show the advanced settings")
        symbol: root.open ? "chevron-down" : "chevron-right"
        kind: EtnaButton.Quiet
        onClicked: root.open = !root.open
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: root.open
        spacing: Tokens.l

        TuneFields {
            settings: root.settings
            model: root.settings.advanced
        }
    }
}
