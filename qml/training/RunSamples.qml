pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The same questions, answered at each check.
ColumnLayout {
    id: root

    required property RunView view

    spacing: Tokens.m

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("How it answers now")
        font.weight: Font.DemiBold
        wrapMode: Text.Wrap
        Accessible.role: Accessible.Heading
    }
    EtnaText {
        Layout.fillWidth: true
        visible: root.view.samples.count === 0
        text: qsTr("At each check the model answers the first questions of your data.")
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.view.samples

        ColumnLayout {
            id: sample

            required property string title
            required property string prompt
            required property string first
            required property string latest

            Layout.fillWidth: true
            spacing: Tokens.xs

            EtnaText {
                Layout.fillWidth: true
                text: sample.prompt
                font.weight: Font.Medium
                wrapMode: Text.Wrap
                maximumLineCount: 3
                elide: Text.ElideRight
            }
            EtnaText {
                Layout.fillWidth: true
                visible: text !== ""
                text: sample.first
                size: EtnaText.Small
                color: Tokens.text3
                wrapMode: Text.Wrap
                maximumLineCount: 4
                elide: Text.ElideRight
            }
            EtnaText {
                Layout.fillWidth: true
                text: qsTr("%1: %2").arg(sample.title).arg(sample.latest)
                wrapMode: Text.Wrap
                maximumLineCount: 8
                elide: Text.ElideRight
            }
        }
    }
}
