pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What an attached file says. Only the lines in sight are laid out.
EtnaPopup {
    id: root

    /// In the middle of which it stands.
    required property Item place
    property string text: ""

    function show(name: string, text: string) {
        root.name = name
        root.text = text
        root.open()
    }

    x: Math.round((root.place.width - root.width) / 2)
    y: Math.round((root.place.height - root.height) / 2)
    width: Math.min(Tokens.column, root.place.width - 2 * Tokens.xl)
    height: Math.min(implicitHeight, root.place.height - 2 * Tokens.xl)
    padding: Tokens.xl
    onOpened: list.forceActiveFocus()
    onClosed: root.text = ""

    contentItem: ColumnLayout {
        spacing: Tokens.m

        RowLayout {
            spacing: Tokens.s

            EtnaText {
                Layout.fillWidth: true
                text: root.name
                size: EtnaText.Title
                elide: Text.ElideMiddle
                Accessible.role: Accessible.Heading
            }
            EtnaIconButton {
                symbol: "copy"
                text: qsTr("Copy the file's text")
                onClicked: App.copy(root.text)
            }
            EtnaIconButton {
                symbol: "close"
                text: qsTr("Close")
                shortcutText: "Esc"
                onClicked: root.close()
            }
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            implicitHeight: Tokens.column
            clip: true
            activeFocusOnTab: true
            boundsBehavior: Flickable.StopAtBounds
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Text of %1").arg(root.name)
            Keys.onUpPressed: bar.decrease()
            Keys.onDownPressed: bar.increase()

            model: TextLines { text: root.text }
            delegate: EtnaText {
                required property string display

                width: list.width - Tokens.m
                text: display
                textFormat: Text.PlainText
                font.family: Tokens.mono
                font.pixelSize: Tokens.fontCode
                wrapMode: Text.WrapAnywhere
            }

            ScrollBar.vertical: EtnaScrollBar { id: bar }

            Rectangle {
                anchors.fill: parent
                visible: list.activeFocus
                color: Tokens.transparent
                border { width: 1; color: Tokens.border }
            }
        }
    }
}
