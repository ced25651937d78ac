import QtQuick
import QtQuick.Layouts

/// Something that happened, which is no trouble, and one thing to do about it.
Rectangle {
    id: root

    required property string text
    required property string actionText

    signal acted()
    signal dismissed()

    implicitHeight: row.implicitHeight + 2 * Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: Tokens.border
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.text

    RowLayout {
        id: row

        anchors {
            left: parent.left
            leftMargin: Tokens.l
            right: parent.right
            rightMargin: Tokens.s
            verticalCenter: parent.verticalCenter
        }
        spacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            text: root.text
            wrapMode: Text.Wrap
        }
        EtnaButton {
            visible: root.actionText !== ""
            text: root.actionText
            onClicked: root.acted()
        }
        EtnaIconButton {
            symbol: "close"
            text: qsTr("Dismiss")
            onClicked: root.dismissed()
        }
    }
}
