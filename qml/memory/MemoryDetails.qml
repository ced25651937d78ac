import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// For experts and for reports; folded.
ColumnLayout {
    id: root

    required property MemoryMonitor monitor

    property bool open: false

    spacing: Tokens.s

    RowLayout {
        spacing: Tokens.s

        EtnaButton {
            text: root.open ? qsTr("Hide details") : qsTr("Details")
            kind: EtnaButton.Quiet
            onClicked: root.open = !root.open
        }
        EtnaButton {
            text: qsTr("Copy report")
            symbol: "copy"
            kind: EtnaButton.Quiet
            onClicked: App.copy(root.monitor.report())
        }
    }
    Rectangle {
        Layout.fillWidth: true
        visible: root.open
        implicitHeight: lines.implicitHeight + 2 * Tokens.m
        radius: Tokens.radiusControl
        color: Tokens.sunken

        EtnaText {
            id: lines

            anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m }
            text: root.monitor.details
            size: EtnaText.Small
            font.family: Tokens.mono
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
    }
}
