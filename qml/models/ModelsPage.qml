pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// Models: find them, keep them, fetch them.
FocusScope {
    id: root

    enum Tab { Discover, Library, Downloads }

    required property HubController hub
    property int tab: ModelsPage.Discover

    signal useWanted(path: string)
    signal loadSettingsWanted(path: string)
    signal folderWanted()
    signal settingsWanted(way: int)  // a HubWay
    signal opened(url: url)

    function show(tab: int) {
        root.tab = tab
        root.focusPage()
    }
    function focusPage() {
        if (root.tab === ModelsPage.Discover)
            discover.focusSearch()
        else if (root.tab === ModelsPage.Library)
            library.forceActiveFocus(Qt.TabFocusReason)
        else
            downloads.forceActiveFocus(Qt.TabFocusReason)
    }

    onVisibleChanged: {
        if (root.visible)
            root.hub.look()
    }
    onTabChanged: {
        if (root.visible)
            root.focusPage()
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    PageHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: parent.top }
        title: root.width > 3 * Tokens.list ? qsTr("Models") : ""

        EtnaSegments {
            anchors.verticalCenter: parent.verticalCenter
            name: qsTr("Models")
            choices: [qsTr("Discover"), qsTr("Library"), root.hub.downloads.active > 0
                ? qsTr("Downloads (%1)").arg(root.hub.downloads.active) : qsTr("Downloads")]
            current: root.tab
            onChosen: index => root.show(index)
        }
    }
    DiscoverPane {
        id: discover

        anchors { left: parent.left; right: parent.right; top: header.bottom; bottom: access.top }
        visible: root.tab === ModelsPage.Discover
        focus: visible
        hub: root.hub
        onUseWanted: path => root.useWanted(path)
        onSettingsWanted: way => root.settingsWanted(way)
        onLibraryWanted: root.show(ModelsPage.Library)
        onDownloadsWanted: root.show(ModelsPage.Downloads)
    }
    LibraryPane {
        id: library

        anchors.fill: discover
        visible: root.tab === ModelsPage.Library
        focus: visible
        shelf: root.hub.shelf
        onUseWanted: path => root.useWanted(path)
        onLoadSettingsWanted: path => root.loadSettingsWanted(path)
        onDiscoverWanted: root.show(ModelsPage.Discover)
        onDownloadsWanted: root.show(ModelsPage.Downloads)
        onFolderWanted: root.folderWanted()
    }
    DownloadsPane {
        id: downloads

        anchors.fill: discover
        visible: root.tab === ModelsPage.Downloads
        focus: visible
        controller: root.hub.downloads
        onUseWanted: path => root.useWanted(path)
        onDiscoverWanted: root.show(ModelsPage.Discover)
        onLibraryWanted: root.show(ModelsPage.Library)
        onSettingsWanted: root.settingsWanted(HubWay.AddToken)
    }
    Item {
        id: access

        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: Tokens.lineSmall + Tokens.s
        visible: root.tab === ModelsPage.Discover

        Rectangle {
            width: parent.width
            height: Tokens.hair
            color: Tokens.border
        }
        EtnaText {
            anchors { left: parent.left; right: parent.right; margins: Tokens.l; verticalCenter: parent.verticalCenter }
            text: root.hub.access.summary
            size: EtnaText.Small
            color: Tokens.text3
            elide: Text.ElideRight
        }
    }
    Toast {
        id: toast

        anchors { bottom: parent.bottom; bottomMargin: Tokens.l; horizontalCenter: parent.horizontalCenter }
        actionText: qsTr("Undo")
        onActed: root.hub.shelf.undo()

        Connections {
            target: root.hub.shelf

            function onTrashed(sentence: string) {
                toast.show(sentence)
            }
        }
    }
    // A folder becomes a linked one, a file is opened, a link shows its model.
    DropArea {
        id: drop

        anchors.fill: parent
        onDropped: drop => {
            for (const url of drop.hasUrls ? drop.urls : [drop.text])
                root.opened(url)
        }

        Rectangle {
            anchors.fill: parent
            anchors.margins: Tokens.m
            visible: drop.containsDrag
            radius: Tokens.radiusCard
            color: Tokens.surface
            opacity: 0.96
            border.width: 2
            border.color: Tokens.focus

            EtnaText {
                anchors { left: parent.left; right: parent.right; margins: Tokens.xl; verticalCenter: parent.verticalCenter }
                text: qsTr("A folder is added to the library where it is, a model file is used, a link shows its model")
                size: EtnaText.Title
                horizontalAlignment: Text.AlignHCenter
                wrapMode: Text.Wrap
            }
        }
    }
}
