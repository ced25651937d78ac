pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The loss of a run, with the ways to look at it.
ColumnLayout {
    id: root

    required property LossSeries loss

    spacing: Tokens.s

    Flow {
        Layout.fillWidth: true
        spacing: Tokens.m

        EtnaText {
            height: Tokens.control
            text: qsTr("Loss")
            font.weight: Font.DemiBold
            Accessible.role: Accessible.Heading
        }
        EtnaCheckBox {
            name: qsTr("Smooth")
            text: qsTr("Smooth")
            checked: root.loss.smooth
            onToggled: root.loss.smooth = checked
        }
        EtnaCheckBox {
            name: qsTr("Log")
            text: qsTr("Log")
            checked: root.loss.logarithmic
            onToggled: root.loss.logarithmic = checked
        }
        EtnaSegments {
            name: qsTr("How much is shown")
            choices: [qsTr("All"), qsTr("Last 200")]
            current: root.loss.lastOnly ? 1 : 0
            onChosen: index => root.loss.lastOnly = index === 1
        }
    }
    ReadablePlot {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.minimumHeight: Tokens.plot
        source: root.loss
        name: qsTr("Loss by step")
        summary: root.loss.summary
    }
    EtnaText {
        Layout.fillWidth: true
        text: root.loss.checkNote !== "" ? qsTr("%1. %2").arg(root.loss.summary).arg(root.loss.checkNote) : root.loss.summary
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
}
