pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What the run would be, and what is missing before it can start.
ColumnLayout {
    id: root

    required property TrainingController controller

    spacing: Tokens.m

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("Summary")
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Repeater {
        model: root.controller.summary

        ColumnLayout {
            id: line

            required property string name
            required property string value

            Layout.fillWidth: true
            spacing: 0

            EtnaText {
                Layout.fillWidth: true
                text: line.name
                size: EtnaText.Small
                color: Tokens.text2
                elide: Text.ElideRight
            }
            EtnaText {
                Layout.fillWidth: true
                text: line.value
                wrapMode: Text.Wrap
            }
        }
    }
    Repeater {
        model: root.controller.bars

        PoolBar {
            Layout.fillWidth: true
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: root.controller.ready || root.controller.estimating
        text: root.controller.ready ? qsTr("✓ Ready") : qsTr("Working out what it takes…")
        color: root.controller.ready ? Tokens.ok : Tokens.text2
        font.weight: Font.Medium
        wrapMode: Text.Wrap
        Accessible.name: root.controller.ready ? qsTr("Ready") : text
    }
    Repeater {
        model: root.controller.missing

        LinkButton {
            id: gap

            required property string what
            required property int step

            Layout.fillWidth: true
            text: gap.what
            onClicked: root.controller.goTo(gap.step)
        }
    }
}
