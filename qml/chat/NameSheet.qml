import QtQuick
import QtQuick.Layouts

/// Asks for a name.
EtnaPopup {
    id: root

    property string title: ""
    property string acceptText: ""
    property string start: ""

    signal named(text: string)

    function ask(title: string, acceptText: string, start: string) {
        root.title = title
        root.acceptText = acceptText
        root.start = start
        root.open()
    }
    function accept() {
        if (field.text.trim() === "")
            return
        root.close()
        root.named(field.text)
    }

    name: root.title
    padding: Tokens.xl
    onOpened: {
        field.text = root.start
        field.selectAll()
        field.forceActiveFocus(Qt.PopupFocusReason)
    }

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: root.title
            size: EtnaText.Title
            wrapMode: Text.Wrap
        }
        EtnaTextField {
            id: field

            Layout.fillWidth: true
            name: root.title
            font.family: Tokens.family
            font.pixelSize: Tokens.fontBody
            maximumLength: 120
            onAccepted: root.accept()
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                text: root.acceptText
                kind: EtnaButton.Primary
                enabled: field.text.trim() !== ""
                onClicked: root.accept()
            }
            EtnaButton {
                text: qsTr("Cancel")
                onClicked: root.close()
            }
        }
    }
}
