pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// Everything about one model of the hub: one column that scrolls.
FocusScope {
    id: root

    required property CardController controller
    property bool floats: false

    signal closed()
    signal useWanted(path: string)
    signal settingsWanted()
    signal downloadsWanted()

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("About %1").arg(root.controller.name)

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    ListView {
        id: list

        anchors { fill: parent; leftMargin: Tokens.l; rightMargin: Tokens.l }
        visible: root.controller.state !== CardController.Closed
        focus: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: false
        model: root.controller.readme

        Keys.onPressed: event => {
            const step = event.key === Qt.Key_PageDown ? height : event.key === Qt.Key_PageUp ? -height
                : event.key === Qt.Key_Down ? Tokens.row : event.key === Qt.Key_Up ? -Tokens.row : 0
            if (step === 0)
                return
            contentY = Math.max(originY, Math.min(originY + Math.max(0, contentHeight - height), contentY + step))
            event.accepted = true
        }

        ScrollBar.vertical: EtnaScrollBar {}

        header: Item {
            width: list.width
            height: head.implicitHeight + 2 * Tokens.l

            CardHead {
                id: head

                y: Tokens.l
                width: parent.width
                controller: root.controller
                floats: root.floats
                onClosed: root.closed()
                onUseWanted: path => root.useWanted(path)
                onSettingsWanted: root.settingsWanted()
                onDownloadsWanted: root.downloadsWanted()
            }
        }
        delegate: BlockView {
            width: ListView.view.width
        }
        footer: Item {
            width: list.width
            height: files.visible ? files.implicitHeight + 2 * Tokens.l : 0

            CardFiles {
                id: files

                y: Tokens.l
                width: parent.width
                controller: root.controller
            }
        }
    }
    EtnaText {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Tokens.xl }
        visible: root.controller.state === CardController.Closed
        text: qsTr("Choose a model to see its versions and whether they run here.")
        color: Tokens.text3
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
    }
}
