pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Everything that is known of how a reply went.
EtnaPopup {
    id: root

    required property Item place

    function openFor(messages: MessageList, row: int) {
        details.show(messages, row)
        root.open()
    }

    name: qsTr("Details of the reply")
    parent: root.place
    padding: Tokens.xl
    x: (root.place.width - width) / 2
    y: Math.max(Tokens.s, (root.place.height - height) / 2)
    width: Math.min(2 * Tokens.list + Tokens.xxl, root.place.width - 2 * Tokens.m)
    height: Math.min(implicitHeight, root.place.height - 2 * Tokens.s)
    onOpened: close.forceActiveFocus(Qt.TabFocusReason)

    ReplyDetails {
        id: details
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
        Flickable {
            id: page

            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredHeight: lines.implicitHeight
            contentHeight: lines.implicitHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            activeFocusOnTab: page.contentHeight > page.height
            Accessible.role: Accessible.Pane
            Accessible.name: qsTr("Figures")
            Keys.onDownPressed: page.contentY = Math.min(page.contentHeight - page.height, page.contentY + Tokens.row)
            Keys.onUpPressed: page.contentY = Math.max(0, page.contentY - Tokens.row)

            ScrollBar.vertical: EtnaScrollBar {}

            ColumnLayout {
                id: lines

                width: page.width - Tokens.m
                spacing: Tokens.s

                Repeater {
                    model: details.names

                    RowLayout {
                        id: line

                        required property string modelData
                        required property int index

                        Layout.fillWidth: true
                        spacing: Tokens.m

                        EtnaText {
                            Layout.preferredWidth: lines.width * 0.32
                            Layout.alignment: Qt.AlignTop
                            text: line.modelData
                            size: EtnaText.Small
                            color: Tokens.text2
                            wrapMode: Text.Wrap
                        }
                        EtnaText {
                            Layout.fillWidth: true
                            Layout.alignment: Qt.AlignTop
                            text: details.values[line.index] ?? ""
                            size: EtnaText.Small
                            wrapMode: Text.Wrap
                        }
                    }
                }
            }
        }
        RowLayout {
            Layout.alignment: Qt.AlignRight
            spacing: Tokens.s

            EtnaButton {
                text: qsTr("Copy")
                symbol: "copy"
                onClicked: App.copy(details.text())
            }
            EtnaButton {
                id: close

                text: qsTr("Close")
                focus: true
                onClicked: root.close()
            }
        }
    }
}
