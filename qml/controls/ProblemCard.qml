pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A problem of the error catalogue: what happened, why, what to do, and details for a report.
Rectangle {
    id: root

    required property problem trouble

    property bool open: false

    signal act(action: int)

    implicitHeight: content.implicitHeight + 2 * Tokens.l
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: Tokens.bad
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.trouble.title

    ColumnLayout {
        id: content

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.l }
        spacing: Tokens.s

        RowLayout {
            spacing: Tokens.s

            Icon {
                name: "alert"
                color: Tokens.bad
                size: Tokens.iconLarge
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.trouble.title
                font.weight: Font.DemiBold
                wrapMode: Text.Wrap
            }
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.trouble.body
            color: Tokens.text2
            wrapMode: Text.Wrap
            maximumLineCount: 6
            elide: Text.ElideRight
        }
        Flow {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.xs
            spacing: Tokens.s

            Repeater {
                model: root.trouble.actionTexts

                EtnaButton {
                    required property string modelData
                    required property int index

                    text: modelData
                    kind: index === 0 ? EtnaButton.Primary : EtnaButton.Secondary
                    onClicked: root.act(root.trouble.actionAt(index))
                }
            }
            EtnaButton {
                text: root.open ? qsTr("Hide details") : qsTr("Details")
                kind: EtnaButton.Quiet
                onClicked: root.open = !root.open
            }
        }
        Rectangle {
            Layout.fillWidth: true
            visible: root.open
            implicitHeight: details.implicitHeight + 2 * Tokens.m
            radius: Tokens.radiusControl
            color: Tokens.sunken

            EtnaText {
                id: details

                anchors { left: parent.left; right: copy.left; top: parent.top; margins: Tokens.m }
                text: root.trouble.details
                size: EtnaText.Small
                font.family: Tokens.mono
                color: Tokens.text2
                wrapMode: Text.WrapAnywhere
                maximumLineCount: 12
            }
            EtnaIconButton {
                id: copy

                anchors { right: parent.right; top: parent.top; margins: Tokens.xs }
                symbol: "copy"
                text: qsTr("Copy details")
                onClicked: App.copy(root.trouble.details)
            }
        }
    }
}
