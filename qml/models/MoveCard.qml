import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Models on their way to another folder.
Rectangle {
    id: root

    required property MoveController moves

    implicitHeight: column.implicitHeight + 2 * Tokens.m
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: Tokens.border
    visible: root.moves.running

    ColumnLayout {
        id: column

        anchors {
            left: parent.left
            right: parent.right
            verticalCenter: parent.verticalCenter
            leftMargin: Tokens.l
            rightMargin: Tokens.m
        }
        spacing: Tokens.xs

        RowLayout {
            spacing: Tokens.m

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: root.moves.title
                    font.weight: Font.Medium
                    elide: Text.ElideMiddle
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: root.moves.sentence
                    size: EtnaText.Small
                    color: Tokens.text2
                    elide: Text.ElideRight
                }
            }
            EtnaButton {
                text: qsTr("Cancel")
                tip: qsTr("The model stays where it is")
                onClicked: root.moves.cancel()
            }
        }
        EtnaProgressBar {
            Layout.fillWidth: true
            name: root.moves.title
            indeterminate: root.moves.progress < 0
            value: Math.max(0, root.moves.progress)
        }
    }
}
