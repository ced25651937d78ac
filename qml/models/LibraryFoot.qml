pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Below the models: what can't be used and why, and the folders they come from.
ColumnLayout {
    id: root

    required property ShelfController shelf

    signal folderWanted()
    signal downloadsWanted()

    spacing: Tokens.s

    EtnaText {
        Layout.topMargin: Tokens.l
        visible: root.shelf.unusable.count > 0
        text: qsTr("Not usable (%1)").arg(root.shelf.unusable.count)
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Repeater {
        model: root.shelf.unusable

        RowLayout {
            id: bad

            required property int index
            required property string path
            required property string name
            required property string reason
            required property string actionText

            Layout.fillWidth: true
            spacing: Tokens.m

            Icon {
                name: "alert"
                color: Tokens.warn
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("%1: %2", "file, what is wrong with it").arg(bad.name).arg(bad.reason)
                    wrapMode: Text.Wrap
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: bad.path
                    size: EtnaText.Small
                    color: Tokens.text3
                    elide: Text.ElideMiddle
                }
            }
            EtnaButton {
                visible: bad.actionText !== ""
                text: bad.actionText
                Accessible.description: bad.name
                onClicked: {
                    root.shelf.downloadRest(bad.index)
                    root.downloadsWanted()
                }
            }
            EtnaButton {
                text: qsTr("Show in folder")
                kind: EtnaButton.Quiet
                Accessible.description: bad.name
                onClicked: root.shelf.showInFolder(bad.path)
            }
        }
    }
    TrashSection {
        Layout.fillWidth: true
        shelf: root.shelf
    }
    RowLayout {
        Layout.topMargin: Tokens.l
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Folders")
            font.weight: Font.DemiBold
            Accessible.role: Accessible.Heading
        }
        EtnaButton {
            text: qsTr("Add a folder…")
            symbol: "plus"
            onClicked: root.folderWanted()
        }
    }
    Repeater {
        model: root.shelf.folders

        RowLayout {
            id: folder

            required property string path
            required property string label
            required property string note
            required property bool online
            required property bool removable

            Layout.fillWidth: true
            spacing: Tokens.m

            Icon {
                name: "folder"
                color: folder.online ? Tokens.text2 : Tokens.warn
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: folder.label
                    elide: Text.ElideRight
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("%1 · %2").arg(folder.note).arg(folder.path)
                    size: EtnaText.Small
                    color: folder.online ? Tokens.text2 : Tokens.warn
                    elide: Text.ElideMiddle
                }
            }
            EtnaIconButton {
                visible: folder.removable
                symbol: "close"
                text: qsTr("Take %1 off the list; its files stay").arg(folder.label)
                onClicked: root.shelf.removeFolder(folder.path)
            }
        }
    }
}
