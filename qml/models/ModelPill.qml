import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// The model in use, and the way to another one. While one loads it shows how far, with Cancel beside it.
Row {
    id: root

    required property LibraryController library

    signal clicked()

    spacing: Tokens.xs

    AbstractButton {
        id: pill

        readonly property bool loading: root.library.loading
        readonly property real share: root.library.job ? root.library.job.progress : 0

        text: root.library.pillText
        implicitWidth: content.implicitWidth + 2 * Tokens.m
        implicitHeight: Tokens.control
        Accessible.name: qsTr("Model: %1").arg(pill.text)

        onClicked: root.clicked()

        contentItem: Item {
            Row {
                id: content

                anchors.centerIn: parent
                spacing: Tokens.s

                Rectangle {
                    anchors.verticalCenter: parent.verticalCenter
                    width: Tokens.s
                    height: Tokens.s
                    radius: Tokens.xs
                    color: root.library.loaded ? Tokens.ok : pill.loading ? Tokens.accent : Tokens.text3
                }
                EtnaText {
                    anchors.verticalCenter: parent.verticalCenter
                    width: Math.min(implicitWidth, Tokens.list)
                    text: pill.text
                    font.weight: Font.Medium
                    elide: Text.ElideMiddle
                    Accessible.ignored: true
                }
                EtnaText {
                    anchors.verticalCenter: parent.verticalCenter
                    visible: pill.loading && pill.share >= 0
                    text: qsTr("%1 %").arg(Math.floor(100 * pill.share))
                    font.family: Tokens.mono
                    font.pixelSize: Tokens.fontCode
                    color: Tokens.text2
                    Accessible.ignored: true
                }
                Icon {
                    anchors.verticalCenter: parent.verticalCenter
                    name: "chevron-down"
                }
            }
        }
        background: Rectangle {
            radius: height / 2
            color: pill.down ? Tokens.press : pill.hovered ? Tokens.hover : Tokens.transparent
            border.width: Tokens.hair
            border.color: Tokens.controlBorder

            FocusRing {
                control: pill
                corner: parent.radius
            }
        }

        EtnaToolTip {
            text: qsTr("Choose a model (Ctrl+L)")
            shown: pill.hovered
        }
    }
    EtnaIconButton {
        visible: pill.loading
        symbol: "close"
        text: qsTr("Cancel loading")
        onClicked: root.library.cancel()
    }
}
