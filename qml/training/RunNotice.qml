import QtQuick
import QtQuick.Layouts

/// Something about a run that a person should know, and what can be done about it.
Rectangle {
    id: root

    property string title: ""
    required property string text
    required property color tone
    default property alias actions: actions.data

    implicitHeight: content.implicitHeight + 2 * Tokens.m
    radius: Tokens.radiusCard
    color: Tokens.transparent
    border.width: Tokens.hair
    border.color: root.tone
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.title === "" ? root.text : qsTr("%1. %2").arg(root.title).arg(root.text)

    ColumnLayout {
        id: content

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m }
        spacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            visible: root.title !== ""
            text: root.title
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.text
            wrapMode: Text.Wrap
        }
        Flow {
            id: actions

            Layout.fillWidth: true
            spacing: Tokens.s
        }
    }
}
