import QtQuick
import Etna.Gui

/// What can be done with a model on this computer.
EtnaMenu {
    id: root

    required property ShelfController shelf
    property string path: ""
    property bool movable: false
    property bool repairable: false

    signal useWanted(path: string)
    signal loadSettingsWanted(path: string)
    signal moveWanted(path: string)

    function openFor(path: string) {
        root.path = path
        root.movable = root.shelf.canMove(path)
        root.repairable = root.shelf.canRepair(path)
        root.popup()
    }

    EtnaMenuItem {
        text: qsTr("Use in new chat")
        onTriggered: root.useWanted(root.path)
    }
    EtnaMenuItem {
        text: qsTr("Load settings…")
        onTriggered: root.loadSettingsWanted(root.path)
    }
    EtnaMenuItem {
        text: qsTr("Show in folder")
        onTriggered: root.shelf.showInFolder(root.path)
    }
    EtnaMenuItem {
        text: qsTr("Copy path")
        onTriggered: App.copy(root.path)
    }
    EtnaMenuItem {
        text: root.repairable ? qsTr("Repair") : qsTr("Check file")
        onTriggered: {
            if (root.repairable)
                root.shelf.repair(root.path)
            else
                root.shelf.check(root.path)
        }
    }
    EtnaMenuItem {
        text: qsTr("Move to…")
        enabled: root.movable
        onTriggered: root.moveWanted(root.path)
    }
    EtnaMenuItem {
        text: qsTr("Move to Trash")
        onTriggered: root.shelf.trash(root.path)
    }
}
