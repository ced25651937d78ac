import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Gives what the model remembers of a chat a name, to begin other chats with it.
EtnaPopup {
    id: root

    required property SnapshotsController snapshots
    required property Item place

    function openFor(row: int) {
        root.snapshots.begin(row)
        field.text = root.snapshots.proposedName
        root.open()
    }

    name: qsTr("Save this context")
    parent: root.place
    padding: Tokens.xl
    x: (root.place.width - width) / 2
    y: Math.max(Tokens.s, (root.place.height - height) / 2)
    width: Math.min(2 * Tokens.list, root.place.width - 2 * Tokens.m)
    onOpened: {
        field.forceActiveFocus(Qt.TabFocusReason)
        field.selectAll()
    }

    Connections {
        target: root.snapshots

        function onSaved() {
            root.close()
        }
    }

    contentItem: ColumnLayout {
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: root.name
            size: EtnaText.Title
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("What the model remembers is kept under a name. Chats that begin with it need not read it again, and it can be shared as a file.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.snapshots.savingText
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaTextField {
            id: field

            Layout.fillWidth: true
            name: qsTr("Name of the snapshot")
            font.family: Tokens.family
            font.pixelSize: Tokens.fontBody
            maximumLength: 60
            enabled: !root.snapshots.saving
            onAccepted: root.snapshots.save(field.text)
        }
        EtnaText {
            Layout.fillWidth: true
            visible: root.snapshots.trouble !== ""
            text: root.snapshots.trouble
            size: EtnaText.Small
            color: Tokens.bad
            wrapMode: Text.Wrap
            Accessible.role: Accessible.AlertMessage
        }
        EtnaText {
            Layout.fillWidth: true
            visible: !root.snapshots.canSave && !root.snapshots.saving
            text: qsTr("A model must be loaded, and the chat must say something.")
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaProgressBar {
            Layout.fillWidth: true
            visible: root.snapshots.saving
            value: root.snapshots.progress
            name: qsTr("Reading the context")
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                visible: !root.snapshots.saving
                enabled: root.snapshots.canSave && field.text.trim() !== ""
                text: qsTr("Save")
                kind: EtnaButton.Primary
                onClicked: root.snapshots.save(field.text)
            }
            EtnaButton {
                text: root.snapshots.saving ? qsTr("Stop") : qsTr("Cancel")
                kind: EtnaButton.Quiet
                onClicked: {
                    if (root.snapshots.saving)
                        root.snapshots.cancelSaving()
                    else
                        root.close()
                }
            }
        }
    }
}
