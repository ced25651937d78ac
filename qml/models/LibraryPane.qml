pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// The models on this computer.
FocusScope {
    id: root

    required property ShelfController shelf

    readonly property ShelfList models: root.shelf.models
    readonly property int rim: root.width > Tokens.columnPage ? Tokens.xl : Tokens.s

    signal useWanted(path: string)
    signal loadSettingsWanted(path: string)
    signal discoverWanted()
    signal downloadsWanted()
    signal folderWanted()

    function askPlace(path: string) {
        place.path = path
        place.open()
    }

    Keys.onPressed: event => {
        event.accepted = event.key === Qt.Key_F && event.modifiers & Qt.ControlModifier
        if (event.accepted)
            bar.focusFilter()
    }

    LibraryColumns {
        id: widths

        room: root.width - 2 * root.rim
    }
    LibraryBar {
        id: bar

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m; leftMargin: root.rim + Tokens.m; rightMargin: root.rim }
        height: Tokens.control + Tokens.xs
        shelf: root.shelf
        onMoveWanted: root.askPlace("")
        onListWanted: {
            list.currentIndex = Math.max(0, list.currentIndex)
            list.forceActiveFocus(Qt.TabFocusReason)
        }
    }
    MoveCard {
        id: move

        anchors { left: bar.left; right: bar.right; top: bar.bottom; topMargin: visible ? Tokens.s : 0 }
        height: visible ? implicitHeight : 0
        moves: root.shelf.moves
    }
    EtnaText {
        id: problem

        anchors { left: bar.left; right: bar.right; top: move.bottom; topMargin: Tokens.s }
        visible: text !== ""
        text: root.shelf.problem
        size: EtnaText.Small
        color: Tokens.bad
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    LibraryHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: problem.visible ? problem.bottom : move.bottom; topMargin: Tokens.s; leftMargin: root.rim; rightMargin: root.rim }
        visible: root.models.count > 0
        models: root.models
        columns: widths
    }
    ListView {
        id: list

        anchors {
            left: parent.left
            right: parent.right
            top: header.bottom
            bottom: parent.bottom
            leftMargin: root.rim
            rightMargin: root.rim
        }
        focus: true
        clip: true
        activeFocusOnTab: true
        boundsBehavior: Flickable.StopAtBounds
        reuseItems: true
        model: root.models
        bottomMargin: foot.height + Tokens.xl + (empty.visible ? empty.height + 2 * Tokens.xxl : 0)
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models on this computer")

        Keys.onPressed: event => {
            const path = root.models.pathAt(currentIndex)
            event.accepted = true
            if ((event.key === Qt.Key_Return || event.key === Qt.Key_Enter) && path !== "")
                event.modifiers & Qt.AltModifier ? root.loadSettingsWanted(path) : root.useWanted(path)
            else if (event.key === Qt.Key_Space)
                root.models.toggle(currentIndex)
            else if (event.key === Qt.Key_Delete)
                root.shelf.trash(root.models.selectedCount > 0 ? "" : path)
            else if (event.key === Qt.Key_A && event.modifiers & Qt.ControlModifier)
                root.models.selectAll()
            else if (event.key === Qt.Key_Right || event.key === Qt.Key_Left)
                root.models.toggleOpen(currentIndex)
            else if (event.key === Qt.Key_Menu || (event.key === Qt.Key_F10 && event.modifiers & Qt.ShiftModifier))
                menu.openFor(path)
            else
                event.accepted = false
        }

        ScrollBar.vertical: EtnaScrollBar {}

        delegate: LibraryRow {
            width: ListView.view.width
            columns: widths
            focus: ListView.isCurrentItem
            Component.onCompleted: root.shelf.wantMemory(index)
            ListView.onReused: root.shelf.wantMemory(index)
            onFoldWanted: root.models.toggleOpen(index)
            onMenuWanted: {
                ListView.view.currentIndex = index
                menu.openFor(path)
            }
            onRepairWanted: {
                root.shelf.repair(path)
                root.downloadsWanted()
            }
            onTrashWanted: root.shelf.trash(path)
            onSelectWanted: modifiers => {
                ListView.view.currentIndex = index
                ListView.view.forceActiveFocus()
                if (modifiers === Qt.ShiftModifier)
                    root.models.selectTo(index)
                else if (modifiers === Qt.ControlModifier)
                    root.models.toggle(index)
            }
            onDoubleClicked: root.useWanted(path)
        }
        // Not as header and footer: those can't be bound components in Qt 6.4.
        HubState {
            id: empty

            x: Tokens.xl
            y: list.originY + Tokens.xxl
            width: list.width - 2 * Tokens.xl
            visible: root.models.count === 0
            title: root.models.total > 0 ? qsTr("No model matches “%1”").arg(root.models.filter)
                : root.shelf.known ? qsTr("No models yet") : qsTr("Looking for models…")
            sentence: root.models.total > 0 || !root.shelf.known ? ""
                : qsTr("Download one, or add a folder that has some. Nothing is copied.")
            actions: root.models.total > 0 ? [qsTr("Clear the filter")]
                : root.shelf.known ? [qsTr("Discover"), qsTr("Add a folder…")] : []
            onActed: index => {
                if (root.models.total > 0)
                    root.models.filter = ""
                else if (index === 0)
                    root.discoverWanted()
                else
                    root.folderWanted()
            }
        }
        LibraryFoot {
            id: foot

            x: Tokens.m
            y: list.originY + list.contentHeight + (empty.visible ? empty.height + 2 * Tokens.xxl : 0)
            width: list.width - 2 * Tokens.m
            visible: root.shelf.known
            shelf: root.shelf
            onFolderWanted: root.folderWanted()
            onDownloadsWanted: root.downloadsWanted()
        }
    }
    FolderChoice {
        id: place

        title: qsTr("Choose the folder that it goes to")
        onChosen: folder => root.shelf.moveTo(path, folder)
    }
    LibraryMenu {
        id: menu

        shelf: root.shelf
        onUseWanted: path => root.useWanted(path)
        onLoadSettingsWanted: path => root.loadSettingsWanted(path)
        onMoveWanted: path => root.askPlace(path)
    }
    LibraryQuestion {
        x: (root.width - width) / 2
        y: (root.height - height) / 2
        width: Math.min(Tokens.columnFirstRun, root.width - 2 * Tokens.xl)
        shelf: root.shelf
    }
}
