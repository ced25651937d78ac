pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What Etna may use, and what happens when that gets short.
ColumnLayout {
    id: root

    required property MemoryLimits limits

    spacing: 0

    SettingRow {
        label: qsTr("Models may use at most")
        note: root.limits.limitNote
        wraps: true

        EtnaText {
            text: root.limits.limitText
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            color: Tokens.text2
        }
        EtnaSlider {
            name: qsTr("Models may use at most")
            value: root.limits.limitShare
            stepSize: root.limits.limitStep
            tick: root.limits.recommendedShare
            Accessible.description: root.limits.limitText
            onMoved: root.limits.limitShare = value
        }
        EtnaIconButton {
            symbol: "refresh"
            text: qsTr("Use the recommended limit")
            enabled: root.limits.limited
            onClicked: root.limits.useRecommendedLimit()
        }
    }
    SettingRow {
        label: qsTr("Guardrail")
        note: root.limits.guardrailNote
        wraps: true

        EtnaSegments {
            name: qsTr("Guardrail")
            choices: [qsTr("Careful"), qsTr("Balanced"), qsTr("Off")]
            current: root.limits.guardrail
            onChosen: index => root.limits.guardrail = index
        }
    }
    SettingRow {
        label: qsTr("Unload models that nobody uses")
        note: qsTr("Pinned models stay.")

        EtnaComboBox {
            name: qsTr("Unload models that nobody uses")
            implicitWidth: Tokens.list * 0.7
            model: root.limits.idleChoices
            currentIndex: root.limits.idle
            onActivated: index => root.limits.idle = index
        }
    }
    SettingRow {
        label: qsTr("Saved prompts")
        note: qsTr("What a chat has read already need not be read again.")
        wraps: true

        EtnaComboBox {
            name: qsTr("Saved prompts")
            implicitWidth: Tokens.list * 0.5
            model: root.limits.promptCacheChoices
            currentIndex: root.limits.promptCache
            onActivated: index => root.limits.promptCache = index
        }
        EtnaButton {
            text: root.limits.clearText
            tip: qsTr("Saved prompts, and freed memory that is kept for reuse")
            enabled: root.limits.canClear
            onClicked: root.limits.clearCaches()
        }
    }
    SettingRow {
        label: qsTr("When memory gets tight")
        note: qsTr("1. Saved prompts are dropped.  2. Idle models are unloaded, the longest unused first.  3. New loads are refused.")
        wraps: true
        last: true
    }
}
