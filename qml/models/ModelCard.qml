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
    signal settingsWanted(way: int)  // a HubWay
    signal searchWanted(words: string)
    signal downloadsWanted()

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("About %1").arg(root.controller.name)

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    FocusFollower {
        page: page
        scope: root
    }
    Flickable {
        id: page

        anchors { fill: parent; leftMargin: Tokens.l; rightMargin: Tokens.l }
        visible: root.controller.state !== CardController.Closed
        focus: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        contentHeight: column.height

        Keys.onPressed: event => {
            const step = event.key === Qt.Key_PageDown ? height : event.key === Qt.Key_PageUp ? -height
                : event.key === Qt.Key_Down ? Tokens.row : event.key === Qt.Key_Up ? -Tokens.row : 0
            if (step === 0)
                return
            contentY = Math.max(0, Math.min(contentHeight - height, contentY + step))
            event.accepted = true
        }

        ScrollBar.vertical: EtnaScrollBar {}

        // A card is short enough to be there as a whole: readme_text cuts what is not.
        Column {
            id: column

            width: page.width
            topPadding: Tokens.l
            bottomPadding: Tokens.l

            CardHead {
                width: parent.width
                controller: root.controller
                floats: root.floats
                onClosed: root.closed()
                onUseWanted: path => root.useWanted(path)
                onSettingsWanted: way => root.settingsWanted(way)
                onSearchWanted: words => root.searchWanted(words)
                onDownloadsWanted: root.downloadsWanted()
            }
            Item {
                width: parent.width
                height: Tokens.l
                visible: root.controller.hasReadme
            }
            Repeater {
                model: root.controller.readme

                BlockView {
                    width: column.width
                }
            }
            Item {
                width: parent.width
                height: Tokens.l
            }
            CardFiles {
                width: parent.width
                controller: root.controller
            }
        }
    }
    Connections {
        target: root.controller

        function onChanged() {
            if (root.controller.state === CardController.Loading)
                page.contentY = 0
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
