import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// An export or an import: how far it is, or how it went.
Rectangle {
    id: root

    required property ChatFiles files

    visible: root.files.text !== ""
    implicitHeight: content.implicitHeight + 2 * Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: root.files.failed ? Tokens.bad : Tokens.border
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.files.text

    ColumnLayout {
        id: content

        anchors {
            left: parent.left
            leftMargin: Tokens.l
            right: parent.right
            rightMargin: Tokens.s
            verticalCenter: parent.verticalCenter
        }
        spacing: Tokens.xs

        RowLayout {
            spacing: Tokens.s

            Icon {
                visible: root.files.failed
                name: "alert"
                color: Tokens.bad
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.files.text
                wrapMode: Text.Wrap
                maximumLineCount: 4
                elide: Text.ElideRight
            }
            EtnaButton {
                visible: root.files.busy
                text: qsTr("Cancel")
                onClicked: root.files.cancel()
            }
            EtnaIconButton {
                visible: !root.files.busy
                symbol: "close"
                text: qsTr("Dismiss")
                onClicked: root.files.dismiss()
            }
        }
        EtnaProgressBar {
            Layout.fillWidth: true
            Layout.rightMargin: Tokens.s
            Layout.bottomMargin: Tokens.xs
            visible: root.files.busy
            name: root.files.text
            value: root.files.progress
        }
    }
}
