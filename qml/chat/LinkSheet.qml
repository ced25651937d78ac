import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Asks before a link of a reply is opened: a model may have made it up, or been made to write it.
EtnaPopup {
    id: root

    property string link: ""

    function ask(link: string) {
        root.link = link
        root.open()
    }

    name: qsTr("Open this link?")
    parent: Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(Tokens.card, (parent?.width ?? 0) - 2 * Tokens.xl)
    padding: Tokens.xl
    onOpened: confirm.forceActiveFocus()

    contentItem: ColumnLayout {
        spacing: Tokens.m

        EtnaText {
            text: root.name
            size: EtnaText.Title
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.link
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            textFormat: Text.PlainText
            wrapMode: Text.WrapAnywhere
            maximumLineCount: 6
            elide: Text.ElideRight
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("It opens in your browser. Models can make up addresses.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        Row {
            Layout.alignment: Qt.AlignRight
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("Cancel")
                onClicked: root.close()
            }
            EtnaButton {
                id: confirm

                kind: EtnaButton.Primary
                text: qsTr("Open")
                onClicked: {
                    root.close()
                    App.openLink(root.link)
                }
            }
        }
    }
}
