import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Asks before a link of a reply is opened: a model may have made it up, or been made to write it.
EtnaPopup {
    id: root

    /// In the middle of which it stands.
    required property Item place
    property string link: ""

    function ask(link: string) {
        root.link = link
        root.open()
    }

    name: qsTr("Open this link?")
    x: Math.round((root.place.width - root.width) / 2)
    y: Math.round((root.place.height - root.height) / 2)
    width: Math.min(Tokens.card, root.place.width - 2 * Tokens.xl)
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
