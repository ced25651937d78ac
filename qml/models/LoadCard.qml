import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A model on its way into memory.
Rectangle {
    id: root

    required property LibraryController library

    readonly property Job job: root.library.job

    implicitHeight: content.implicitHeight + 2 * Tokens.l
    radius: Tokens.radiusCard
    color: Tokens.surface
    border.width: Tokens.hair
    border.color: Tokens.border

    ColumnLayout {
        id: content

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.l }
        spacing: Tokens.m

        RowLayout {
            spacing: Tokens.l

            ColumnLayout {
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("Loading %1").arg(root.library.name)
                    font.weight: Font.DemiBold
                    elide: Text.ElideMiddle
                }
                EtnaText {
                    text: root.job && root.job.statusText !== "" ? root.job.statusText : qsTr("Reading the model's description")
                    size: EtnaText.Small
                    font.family: Tokens.mono
                    color: Tokens.text2
                }
            }
            EtnaButton {
                text: qsTr("Cancel")
                onClicked: root.library.cancel()
            }
        }
        EtnaProgressBar {
            Layout.fillWidth: true
            name: qsTr("Loading the model")
            value: root.job ? Math.max(0, root.job.progress) : 0
            indeterminate: !root.job || root.job.progress < 0
        }
    }
}
