import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Before something happens to models that others use, or that cannot be undone.
EtnaPopup {
    id: root

    required property ShelfController shelf

    name: qsTr("Before it is done")
    padding: Tokens.xl
    onClosed: root.shelf.dropQuestion()

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: root.shelf.question
            wrapMode: Text.Wrap
            Accessible.role: Accessible.AlertMessage
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                visible: root.shelf.answerText !== ""
                text: root.shelf.answerText
                onClicked: root.shelf.answerQuestion()
            }
            EtnaButton {
                text: qsTr("Leave it as it is")
                focus: true
                kind: EtnaButton.Quiet
                onClicked: root.shelf.dropQuestion()
            }
        }
    }

    Connections {
        target: root.shelf

        function onQuestionChanged() {
            if (root.shelf.question !== "")
                root.open()
            else
                root.close()
        }
    }
}
