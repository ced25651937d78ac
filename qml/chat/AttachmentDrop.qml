import QtQuick
import Etna.Gui

/// Takes files anywhere on the page. Models and links are left to the window, which loads or shows them.
DropArea {
    id: root

    required property AttachmentDesk desk

    keys: ["text/uri-list"]
    onEntered: drag => drag.accepted = root.desk.takes(drag.urls)
    onDropped: drop => {
        root.desk.addFiles(drop.urls)
        drop.accept()
    }

    Rectangle {
        anchors.fill: parent
        anchors.margins: Tokens.s
        visible: root.containsDrag
        radius: Tokens.radiusSheet
        color: Tokens.surface
        opacity: 0.96
        border { width: 2; color: Tokens.focus }

        EtnaText {
            anchors.centerIn: parent
            text: qsTr("Drop the files to attach them")
            size: EtnaText.Title
        }
    }
}
