import QtQuick
import QtQuick.Layouts

/// What is kept of one chat with one model.
ColumnLayout {
    id: root

    required property int index
    required property string title
    required property string modelName
    required property string detail
    required property string place

    signal forgotten(row: int)

    spacing: 0

    RowLayout {
        Layout.fillWidth: true
        Layout.margins: Tokens.m
        Layout.leftMargin: Tokens.l
        Layout.rightMargin: Tokens.l
        spacing: Tokens.m

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            EtnaText {
                Layout.fillWidth: true
                text: root.title
                font.weight: Font.Medium
                elide: Text.ElideRight
            }
            EtnaText {
                Layout.fillWidth: true
                text: qsTr("%1 · %2", "model, tokens and settings").arg(root.modelName).arg(root.detail)
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.place
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
        }
        EtnaButton {
            text: qsTr("Forget")
            tip: qsTr("The chat stays; it is read again when it goes on")
            Accessible.name: qsTr("Forget what is kept of %1 with %2").arg(root.title).arg(root.modelName)
            onClicked: root.forgotten(root.index)
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
