pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What is being downloaded, in its order.
FocusScope {
    id: root

    required property DownloadsController controller

    signal useWanted(path: string)
    signal discoverWanted()
    signal libraryWanted()
    signal settingsWanted()

    RowLayout {
        id: bar

        anchors {
            left: parent.left
            right: parent.right
            top: parent.top
            margins: Tokens.m
        }
        height: Tokens.control
        spacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            Layout.leftMargin: Tokens.m
            text: root.controller.space
            color: Tokens.text2
            elide: Text.ElideRight
        }
        EtnaButton {
            visible: root.controller.moving
            text: qsTr("Pause all")
            onClicked: root.controller.pauseAll()
        }
        EtnaButton {
            visible: !root.controller.moving && root.controller.active > 0
            text: qsTr("Resume all")
            onClicked: root.controller.resumeAll()
        }
    }
    EtnaText {
        id: problem

        anchors { left: bar.left; right: bar.right; top: bar.bottom; leftMargin: Tokens.m; topMargin: visible ? Tokens.xs : 0 }
        height: visible ? implicitHeight : 0
        visible: text !== ""
        text: root.controller.problem
        size: EtnaText.Small
        color: Tokens.bad
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    ListView {
        id: list

        anchors {
            left: parent.left
            right: parent.right
            top: problem.bottom
            topMargin: Tokens.s
            bottom: parent.bottom
            leftMargin: Tokens.m
            rightMargin: Tokens.m
        }
        focus: true
        clip: true
        activeFocusOnTab: count > 0
        boundsBehavior: Flickable.StopAtBounds
        model: root.controller.list
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Downloads")

        Keys.onPressed: event => {
            const row = currentItem as DownloadRow
            if (!row || !(event.modifiers & Qt.ControlModifier))
                return
            const step = event.key === Qt.Key_Up ? -1 : event.key === Qt.Key_Down ? 1 : 0
            if (step === 0)
                return
            root.controller.move(row.downloadId, currentIndex + step)
            event.accepted = true
        }

        move: Transition {
            NumberAnimation {
                properties: "y"
                duration: Tokens.quick
            }
        }
        displaced: Transition {
            NumberAnimation {
                properties: "y"
                duration: Tokens.quick
            }
        }

        ScrollBar.vertical: EtnaScrollBar {}

        delegate: DownloadRow {
            width: ListView.view.width
            focus: ListView.isCurrentItem
            onPauseWanted: root.controller.pause(downloadId)
            onResumeWanted: root.controller.resume(downloadId)
            onKeepWanted: root.controller.keepPartial(downloadId)
            onRemoveWanted: root.controller.removePartial(downloadId)
            onUseWanted: root.useWanted(root.controller.pathOf(downloadId))
            onPageWanted: App.openLink(`https://huggingface.co/${repository}`)
            onTokenWanted: root.settingsWanted()
            onSpaceWanted: root.libraryWanted()
            onFolderWanted: {
                place.downloadId = downloadId
                place.open()
            }
            onDetailsWanted: App.copy(details)
            onDragged: y => {
                const over = list.indexAt(width / 2, mapToItem(list.contentItem, 0, y).y)
                if (over >= 0 && over !== index)
                    root.controller.move(downloadId, over)
            }
        }
    }
    FolderChoice {
        id: place

        title: qsTr("Choose the folder that it goes to")
        onChosen: folder => root.controller.goElsewhere(downloadId, folder)
    }
    HubState {
        anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Tokens.xxl }
        visible: list.count === 0
        title: qsTr("No downloads")
        sentence: qsTr("What you download appears here, and goes on after a break.")
        actions: [qsTr("Discover")]
        onActed: root.discoverWanted()
    }
}
