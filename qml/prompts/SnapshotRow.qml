pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

/// One named context. Deleting asks once more: it cannot be undone.
ColumnLayout {
    id: root

    required property int index
    required property string name
    required property string modelName
    required property string detail
    required property string used
    required property string note
    required property bool usable

    property bool naming: false
    property bool asking: false

    signal started(row: int)
    signal renamed(row: int, name: string)
    signal exportWanted(row: int)
    signal deleted(row: int)

    function rename() {
        field.text = root.name
        root.naming = true
        field.forceActiveFocus(Qt.TabFocusReason)
        field.selectAll()
    }

    spacing: 0

    ColumnLayout {
        Layout.fillWidth: true
        Layout.margins: Tokens.m
        Layout.leftMargin: Tokens.l
        Layout.rightMargin: Tokens.l
        spacing: 0

        EtnaText {
            Layout.fillWidth: true
            visible: !root.naming
            text: root.name
            font.weight: Font.Medium
            elide: Text.ElideRight
        }
        EtnaTextField {
            id: field

            Layout.fillWidth: true
            visible: root.naming
            name: qsTr("New name of %1").arg(root.name)
            font.family: Tokens.family
            font.pixelSize: Tokens.fontBody
            maximumLength: 60
            onAccepted: {
                root.naming = false
                root.renamed(root.index, field.text)
            }
            Keys.onEscapePressed: root.naming = false
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("%1 · %2 · %3", "model, tokens and size, last used").arg(root.modelName).arg(root.detail).arg(root.used)
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            visible: root.note !== ""
            text: root.note
            size: EtnaText.Small
            color: root.usable ? Tokens.text2 : Tokens.warn
            wrapMode: Text.Wrap
        }
        Flow {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.s
            spacing: Tokens.s

            EtnaButton {
                visible: !root.asking
                enabled: root.usable
                text: qsTr("Start a chat")
                Accessible.name: qsTr("Start a chat from %1").arg(root.name)
                onClicked: root.started(root.index)
            }
            EtnaButton {
                visible: !root.asking
                text: qsTr("Rename")
                kind: EtnaButton.Quiet
                Accessible.name: qsTr("Rename %1").arg(root.name)
                onClicked: root.rename()
            }
            EtnaButton {
                visible: !root.asking
                text: qsTr("Export…")
                kind: EtnaButton.Quiet
                Accessible.name: qsTr("Export %1").arg(root.name)
                onClicked: root.exportWanted(root.index)
            }
            EtnaButton {
                visible: !root.asking
                text: qsTr("Delete…")
                kind: EtnaButton.Quiet
                Accessible.name: qsTr("Delete %1").arg(root.name)
                onClicked: {
                    root.asking = true
                    keep.forceActiveFocus(Qt.TabFocusReason)
                }
            }
            EtnaText {
                visible: root.asking
                height: Tokens.control
                verticalAlignment: Text.AlignVCenter
                text: qsTr("This cannot be undone.")
                Accessible.role: Accessible.AlertMessage
            }
            EtnaButton {
                visible: root.asking
                text: qsTr("Delete for good")
                Accessible.name: qsTr("Delete %1 for good").arg(root.name)
                onClicked: root.deleted(root.index)
            }
            EtnaButton {
                id: keep

                visible: root.asking
                text: qsTr("Keep it")
                kind: EtnaButton.Quiet
                Accessible.name: qsTr("Keep %1").arg(root.name)
                onClicked: root.asking = false
            }
        }
    }
    Rectangle {
        Layout.fillWidth: true
        Layout.leftMargin: Tokens.l
        Layout.rightMargin: Tokens.l
        implicitHeight: Tokens.hair
        color: Tokens.border
    }
}
