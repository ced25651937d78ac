pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic

/// One model that a search found.
ItemDelegate {
    id: root

    required property int index
    required property string repository
    required property string name
    required property string line
    required property string chips
    required property string downloads
    required property string changed
    required property int fit
    required property string fitText
    required property real share
    required property bool present
    required property string spoken
    property bool shown: false

    implicitHeight: Tokens.lineBody + 2 * Tokens.lineSmall + Tokens.m
    padding: 0
    Accessible.name: root.spoken

    contentItem: Item {
        Column {
            anchors {
                left: parent.left
                leftMargin: Tokens.m
                right: meter.left
                rightMargin: Tokens.l
                verticalCenter: parent.verticalCenter
            }

            Row {
                width: parent.width
                spacing: Tokens.s

                EtnaText {
                    width: Math.min(implicitWidth, parent.width - (here.visible ? here.width + Tokens.s : 0))
                    text: root.name
                    font.weight: Font.Medium
                    elide: Text.ElideMiddle
                    Accessible.ignored: true
                }
                Icon {
                    id: here

                    anchors.verticalCenter: parent.verticalCenter
                    visible: root.present
                    name: "check"
                    color: Tokens.ok
                }
            }
            EtnaText {
                width: parent.width
                text: root.line
                size: EtnaText.Small
                color: Tokens.text2
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                width: parent.width
                text: root.chips
                size: EtnaText.Small
                color: Tokens.text3
                elide: Text.ElideRight
                Accessible.ignored: true
            }
        }
        Column {
            id: meter

            anchors { right: parent.right; rightMargin: Tokens.m; verticalCenter: parent.verticalCenter }
            width: Math.round(11.5 * Tokens.fontBody)
            spacing: 2

            FitMeter {
                width: parent.width
                fit: root.fit
                share: root.share
            }
            EtnaText {
                width: parent.width
                text: root.fitText
                size: EtnaText.Small
                color: Tokens.text2
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                width: parent.width
                text: qsTr("↓ %1 · %2", "downloads, date of the last change").arg(root.downloads).arg(root.changed)
                size: EtnaText.Small
                color: Tokens.text3
                elide: Text.ElideRight
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.shown ? Tokens.selection : root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing {
            anchors.margins: 1
            control: root
        }
    }
}
