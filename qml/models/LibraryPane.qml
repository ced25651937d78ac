pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
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

    function openMenu(path: string) {
        menu.path = path
        menu.popup()
    }

    LibraryColumns {
        id: widths

        room: root.width - 2 * root.rim
    }
    RowLayout {
        id: bar

        anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m; leftMargin: root.rim + Tokens.m; rightMargin: root.rim }
        height: Tokens.control
        spacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            text: root.models.selectedCount > 0 ? qsTr("%n selected", "", root.models.selectedCount) : root.shelf.summary
            color: Tokens.text2
            elide: Text.ElideRight
        }
        EtnaButton {
            visible: root.models.selectedCount > 0
            text: qsTr("Move to Trash")
            symbol: "trash"
            onClicked: root.shelf.trash("")
        }
        EtnaButton {
            visible: root.models.selectedCount > 0
            text: qsTr("Select none")
            kind: EtnaButton.Quiet
            onClicked: root.models.selectNone()
        }
        EtnaIconButton {
            symbol: "refresh"
            text: qsTr("Look again")
            enabled: !root.shelf.looking
            onClicked: root.shelf.refresh()
        }
    }
    EtnaText {
        id: problem

        anchors { left: bar.left; right: bar.right; top: bar.bottom }
        height: text === "" ? 0 : implicitHeight
        visible: text !== ""
        text: root.shelf.problem
        size: EtnaText.Small
        color: Tokens.bad
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    LibraryHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: problem.bottom; topMargin: Tokens.s; leftMargin: root.rim; rightMargin: root.rim }
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
                root.openMenu(path)
            else
                event.accepted = false
        }

        ScrollBar.vertical: EtnaScrollBar {}

        delegate: LibraryRow {
            width: ListView.view.width
            columns: widths
            focus: ListView.isCurrentItem
            Component.onCompleted: root.shelf.wantMemory(index)
            onFoldWanted: root.models.toggleOpen(index)
            onMenuWanted: {
                ListView.view.currentIndex = index
                root.openMenu(path)
            }
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
            title: root.shelf.known ? qsTr("No models yet") : qsTr("Looking for models…")
            sentence: root.shelf.known ? qsTr("Download one, or add a folder that has some. Nothing is copied.") : ""
            actions: root.shelf.known ? [qsTr("Discover"), qsTr("Add a folder…")] : []
            onActed: index => {
                if (index === 0)
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
    Connections {
        target: root.shelf

        function onQuestionChanged() {
            if (root.shelf.question !== "")
                question.open()
            else
                question.close()
        }
    }
    EtnaMenu {
        id: menu

        property string path: ""

        EtnaMenuItem {
            text: qsTr("Use in new chat")
            onTriggered: root.useWanted(menu.path)
        }
        EtnaMenuItem {
            text: qsTr("Load settings…")
            onTriggered: root.loadSettingsWanted(menu.path)
        }
        EtnaMenuItem {
            text: qsTr("Show in folder")
            onTriggered: root.shelf.showInFolder(menu.path)
        }
        EtnaMenuItem {
            text: qsTr("Copy path")
            onTriggered: App.copy(menu.path)
        }
        EtnaMenuItem {
            text: qsTr("Check file")
            onTriggered: root.shelf.check(menu.path)
        }
        EtnaMenuItem {
            text: qsTr("Move to Trash")
            onTriggered: root.shelf.trash(menu.path)
        }
    }
    EtnaPopup {
        id: question

        name: qsTr("Before it goes to the Trash")
        padding: Tokens.xl
        x: (root.width - width) / 2
        y: (root.height - height) / 2
        width: Math.min(Tokens.columnFirstRun, root.width - 2 * Tokens.xl)
        onClosed: root.shelf.dropQuestion()

        contentItem: ColumnLayout {
            spacing: Tokens.l

            EtnaText {
                Layout.fillWidth: true
                text: root.shelf.question
                wrapMode: Text.Wrap
                Accessible.role: Accessible.AlertMessage
            }
            Flow {
                Layout.fillWidth: true
                spacing: Tokens.s

                EtnaButton {
                    visible: root.shelf.answerText !== ""
                    text: root.shelf.answerText
                    onClicked: root.shelf.answerQuestion()
                }
                EtnaButton {
                    text: qsTr("Keep it")
                    focus: true
                    kind: EtnaButton.Quiet
                    onClicked: root.shelf.dropQuestion()
                }
            }
        }
    }
}
