import QtQuick

/// The reply has not begun: the model is loading, or it is reading the message.
Row {
    id: root

    required property bool queued

    signal stopWanted()

    height: Tokens.control
    spacing: Tokens.s
    Accessible.role: Accessible.StaticText
    Accessible.name: label.text

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        width: 2
        height: Tokens.lineBody
        color: Tokens.accent
    }
    EtnaText {
        id: label

        anchors.verticalCenter: parent.verticalCenter
        text: root.queued ? qsTr("Waiting for the model") : qsTr("Reading…")
        color: Tokens.text2
    }
    EtnaButton {
        visible: root.queued
        text: qsTr("Cancel")
        kind: EtnaButton.Quiet
        onClicked: root.stopWanted()
    }
}
