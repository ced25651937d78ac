pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Three rows exactly as the model will read them; what is learned is tinted.
ColumnLayout {
    id: root

    required property DataDesk desk

    spacing: Tokens.s

    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.xs

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("What the model reads")
            font.weight: Font.DemiBold
            elide: Text.ElideRight
            Accessible.role: Accessible.Heading
        }
        EtnaIconButton {
            symbol: "chevron-left"
            text: qsTr("Previous rows")
            onClicked: root.desk.previous()
        }
        EtnaIconButton {
            symbol: "chevron-right"
            text: qsTr("Next rows")
            onClicked: root.desk.next()
        }
        EtnaIconButton {
            symbol: "refresh"
            text: qsTr("Random rows")
            onClicked: root.desk.random()
        }
    }
    Repeater {
        model: root.desk.samples

        Rectangle {
            id: card

            required property string title
            required property string html
            required property string spoken
            required property string problem

            Layout.fillWidth: true
            implicitHeight: content.implicitHeight + 2 * Tokens.m
            radius: Tokens.radiusCard
            color: Tokens.window
            border.width: Tokens.hair
            border.color: Tokens.border
            Accessible.role: Accessible.StaticText
            Accessible.name: card.problem !== "" ? card.problem : card.spoken

            ColumnLayout {
                id: content

                anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m }
                spacing: Tokens.xs

                EtnaText {
                    Layout.fillWidth: true
                    text: card.title
                    size: EtnaText.Small
                    color: Tokens.text2
                    wrapMode: Text.Wrap
                    Accessible.ignored: true
                }
                Text {
                    Layout.fillWidth: true
                    text: card.problem !== "" ? card.problem : Tokens.tinted(card.html)
                    textFormat: card.problem !== "" ? Text.PlainText : Text.RichText
                    color: card.problem !== "" ? Tokens.bad : Tokens.text
                    font.family: Tokens.mono
                    font.pixelSize: Tokens.fontCode
                    wrapMode: Text.Wrap
                    maximumLineCount: 14
                    Accessible.ignored: true
                }
            }
        }
    }
    EtnaText {
        Layout.fillWidth: true
        text: qsTr("Tinted: what is learned.")
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
}
