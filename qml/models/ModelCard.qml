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

        property real lastTop: 0
        property string shownId: ""

        anchors { fill: parent; leftMargin: Tokens.l; rightMargin: Tokens.l }
        visible: root.controller.state !== CardController.Closed
        focus: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: false
        model: root.controller.readme
        topMargin: head.height + 2 * Tokens.l
        bottomMargin: files.visible ? files.height + 2 * Tokens.l : Tokens.l

        // What is in sight stays there while the part above it grows.
        onTopMarginChanged: {
            contentY -= topMargin - lastTop
            lastTop = topMargin
        }
        Connections {
            target: root.controller

            function onChanged() {
                if (list.shownId !== root.controller.repository)
                    list.contentY = list.originY - list.topMargin
                list.shownId = root.controller.repository
            }
        }

        Keys.onPressed: event => {
            const step = event.key === Qt.Key_PageDown ? height : event.key === Qt.Key_PageUp ? -height
                : event.key === Qt.Key_Down ? Tokens.row : event.key === Qt.Key_Up ? -Tokens.row : 0
            if (step === 0)
                return
            const top = originY - topMargin
            contentY = Math.max(top, Math.min(Math.max(top, originY + contentHeight + bottomMargin - height), contentY + step))
            event.accepted = true
        }

        ScrollBar.vertical: EtnaScrollBar {}

        delegate: BlockView {
            width: ListView.view.width
        }
        // Not as header and footer: those can't be bound components in Qt 6.4.
        CardHead {
            id: head

            y: list.originY - height - Tokens.l
            width: list.width
            controller: root.controller
            floats: root.floats
            onClosed: root.closed()
            onUseWanted: path => root.useWanted(path)
            onSettingsWanted: root.settingsWanted()
            onDownloadsWanted: root.downloadsWanted()
        }
        CardFiles {
            id: files

            y: list.originY + list.contentHeight + Tokens.l
            width: list.width
            controller: root.controller
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
