import QtQuick
import QtQuick.Layouts

/// Asks before something goes that cannot come back.
EtnaPopup {
    id: root

    property string question: ""
    property string note: ""
    property string acceptText: ""

    signal accepted()

    name: root.question
    padding: Tokens.xl
    onOpened: keep.forceActiveFocus(Qt.PopupFocusReason)

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: root.question
            size: EtnaText.Title
            wrapMode: Text.Wrap
            Accessible.role: Accessible.AlertMessage
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.note
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                text: root.acceptText
                onClicked: {
                    root.close()
                    root.accepted()
                }
            }
            EtnaButton {
                id: keep

                text: qsTr("Keep")
                kind: EtnaButton.Quiet
                onClicked: root.close()
            }
        }
    }
}
