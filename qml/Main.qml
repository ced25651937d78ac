pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import Etna.Gui

/// The window: rail, page, status strip, and what lies above them.
ApplicationWindow {
    id: root

    property int page: Rail.Chat
    property alias modelsTab: models.tab

    readonly property bool welcoming: !App.settings.firstRunDone
    readonly property bool listFloats: root.width < Tokens.listBreak
    readonly property bool listOpen: root.listFloats ? root.listPulled : App.settings.listOpen
    property bool listPulled: false
    readonly property bool inspectorFloats: root.width < Tokens.inspectorBreak
    readonly property bool inspectorOpen: root.inspectorFloats ? root.inspectorPulled : App.inspector.open
    property bool inspectorPulled: false
    property bool leaving: false  ///< whoever is asked has agreed

    function openPicker() {
        picker.open()
    }
    function askFolder() {
        chat.askFolder()
    }
    function openShortcuts() {
        shortcuts.open()
    }
    function openLoadSettings(path: string) {
        picker.close()
        App.loadSettings.open(path)
        loadSheet.open()
    }
    /// Of the model in use, or of the one that failed.
    function openCurrentLoadSettings() {
        App.loadSettings.openCurrent()
        loadSheet.open()
    }
    function openDriverHelp() {
        driverHelp.open()
    }
    function showPrompts() {
        root.show_page(Rail.Memory)
        memory.showPrompts()
    }
    function showReplyDetails(row: int) {
        chat.showDetails(row)
    }
    function saveContext(row: int) {
        chat.saveContext(row)
    }
    function showEndOfMemory() {
        memory.showEnd()
    }
    function scrollTraining(share: real) {
        training.scrollTo(share)
    }
    function toggleList() {
        if (root.listFloats)
            root.listPulled = !root.listPulled
        else
            App.settings.listOpen = !App.settings.listOpen
    }
    function toggleInspector() {
        const had = chat.settings.activeFocus
        if (root.inspectorFloats)
            root.inspectorPulled = !root.inspectorPulled
        else
            App.inspector.open = !App.inspector.open
        if (root.inspectorOpen)
            chat.settings.forceActiveFocus(Qt.TabFocusReason)
        else if (had)
            chat.focusComposer()
    }
    function openContext() {
        chat.openContext()
    }
    function show_page(page: int) {
        root.page = page
        if (page === Rail.Chat)
            chat.focusComposer()
        else if (page === Rail.Models)
            models.focusPage()
        else if (page === Rail.FineTune)
            training.forceActiveFocus()
        else if (page === Rail.Memory)
            memory.forceActiveFocus()
        else
            settings.forceActiveFocus()
        settings.backText = ""
    }
    /// To what helps with a refusal of the hub, and back.
    function showSettings(way: int) {
        root.show_page(Rail.Settings)
        settings.backText = qsTr("Back to Models")
        settings.show(way)
    }
    function leaveSettings() {
        root.show_page(settings.backText !== "" ? Rail.Models : Rail.Chat)
    }
    /// F6: rail, list, page, inspector, status strip and round again.
    function moveRegion(step: int) {
        const page = root.page === Rail.Chat ? [chat.sidebar, chat.mainRegion, chat.settings] : [root.page === Rail.Models ? models : root.page === Rail.FineTune ? training : root.page === Rail.Memory ? memory : settings]
        const regions = [rail, ...page, strip].filter(region => region.visible)
        const at = regions.findIndex(region => region.activeFocus)
        regions[(at + step + regions.length) % regions.length].forceActiveFocus(Qt.TabFocusReason)
    }
    function openModels(tab: int) {
        App.settings.firstRunDone = true
        root.page = Rail.Models
        models.show(tab)
    }
    function useInNewChat(path: string) {
        App.chats.newChat()
        App.library.choose(path)
        root.show_page(Rail.Chat)
    }
    /// A folder is linked, a file is opened, a link shows its model.
    function takeFile(url: url) {
        if (App.hub.isLink(url)) {
            root.openModels(ModelsPage.Discover)
            return App.hub.openLink(url)
        }
        if (App.hub.shelf.isFolder(url))
            return App.hub.shelf.addFolder(url)
        App.library.openFile(url)
        root.show_page(Rail.Chat)
    }
    function renameChat() {
        if (!root.listOpen)
            root.toggleList()
        chat.renameCurrent()
    }
    function perform(action: int) {
        switch (action) {
        case Remedy.TryAgain: return App.library.problem.set ? App.library.retry() : App.chats.regenerate()
        case Remedy.ReloadModel:
            App.library.bringBack()
            return root.answerAgain()
        case Remedy.ChooseModel: return picker.open()
        case Remedy.ChooseFolder: return folderDialog.open()
        case Remedy.UseStarter: return App.library.loadStarter()
        case Remedy.UseProcessor:
            App.library.useProcessor()
            return root.answerAgain()
        case Remedy.RemoveFromList: return App.library.forgetFailed()
        case Remedy.NewChat: return App.chats.newChat()
        case Remedy.CopyReport: return App.copy(
            App.library.problem.set ? App.library.problem.details : App.chats.lastProblemDetails())
        case Remedy.SmallerContext: return App.library.useShorterContext()
        case Remedy.UnloadOthers: return App.library.makeRoom()
        case Remedy.LoadAnyway:
            root.openCurrentLoadSettings()
            return App.loadSettings.askAnyway()
        case Remedy.LoadSettings: return root.openCurrentLoadSettings()
        case Remedy.OpenMemory: return root.show_page(Rail.Memory)
        case Remedy.LoadAgain: return App.library.retry()
        case Remedy.DriverHelp: return root.openDriverHelp()
        case Remedy.SaveAgain: return App.chats.trySaving()
        case Remedy.OpenReadOnly: return App.chats.openReadOnly()
        case Remedy.DismissRepair: return App.chats.dismissStoreProblem()
        case Remedy.Quit: return Qt.quit()
        }
    }
    /// A reply that broke with the model is written again when the model is back.
    function answerAgain() {
        if (App.chats.lastReplyBroken)
            App.chats.regenerate()
    }

    LayoutMirroring.enabled: Application.layoutDirection === Qt.RightToLeft
    LayoutMirroring.childrenInherit: true

    width: 1280
    height: 820
    minimumWidth: 960
    minimumHeight: 640
    title: root.page === Rail.Chat ? qsTr("%1 – Etna").arg(App.chats.title)
        : root.page === Rail.Models ? qsTr("Models – Etna") : root.page === Rail.FineTune ? qsTr("Fine-tune – Etna") : root.page === Rail.Memory ? qsTr("Memory – Etna")
        : qsTr("Settings – Etna")
    color: Tokens.window
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    visible: false

    onClosing: close => {
        if (root.leaving || App.training.mayQuit())
            return
        close.accepted = false
        quitSheet.open()
    }
    onVisibilityChanged: visibility => {
        App.memory.visible = visibility !== Window.Hidden && visibility !== Window.Minimized
    }

    Rail {
        id: rail

        anchors { left: parent.left; top: parent.top; bottom: strip.top }
        visible: !root.welcoming
        page: root.page
        wide: root.width >= Tokens.railBreak
        downloading: App.hub.downloads.moving
        training: App.training.active
        onChosen: page => root.show_page(page)
    }
    ChatPage {
        id: chat

        anchors { left: rail.right; right: parent.right; top: parent.top; bottom: strip.top }
        visible: !root.welcoming && root.page === Rail.Chat
        focus: visible
        controller: App.chats
        archive: App.archive
        library: App.library
        listOpen: root.listOpen
        listFloats: root.listFloats
        inspector: App.inspector
        inspectorOpen: root.inspectorOpen
        inspectorFloats: root.inspectorFloats
        onListToggled: root.toggleList()
        onInspectorToggled: root.toggleInspector()
        onPickerWanted: picker.open()
        onRemedyWanted: action => root.perform(action)
    }
    ModelsPage {
        id: models

        anchors.fill: chat
        visible: !root.welcoming && root.page === Rail.Models
        hub: App.hub
        onUseWanted: path => root.useInNewChat(path)
        onLoadSettingsWanted: path => root.openLoadSettings(path)
        onFolderWanted: linkDialog.open()
        onSettingsWanted: way => root.showSettings(way)
        onOpened: url => root.takeFile(url)
    }
    TrainingPage {
        id: training

        anchors.fill: chat
        visible: !root.welcoming && root.page === Rail.FineTune
        controller: App.training
        compare: App.compare
        chats: App.chats

        Connections {
            target: App.training

            function onChatWanted() {
                App.compare.close()
                App.chats.newChat()
                root.show_page(Rail.Chat)
            }
        }
    }
    MemoryPage {
        id: memory

        anchors.fill: chat
        visible: !root.welcoming && root.page === Rail.Memory
        monitor: App.memory
        limits: App.limits
        prompts: App.prompts
        snapshots: App.snapshots
        onPickerWanted: picker.open()
    }
    SettingsPage {
        id: settings

        anchors.fill: chat
        visible: !root.welcoming && root.page === Rail.Settings
        controller: App.settings
        library: App.library
        machine: App.machine
        access: App.hub.access
        onFolderWanted: modelsFolderDialog.open()
        onBackWanted: root.leaveSettings()
        onConnectionsWanted: connectionSheet.open()
        onPromptsWanted: root.showPrompts()
    }
    Connections {
        target: App.snapshots

        function onChatStarted() {
            root.show_page(Rail.Chat)
        }
    }
    StatusStrip {
        id: strip

        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        visible: !root.welcoming
        library: App.library
        chats: App.chats
        memory: App.memory
        downloads: App.hub.downloads
        onModelClicked: picker.open()
        onDownloadsClicked: root.openModels(ModelsPage.Downloads)
        onMemoryClicked: root.show_page(Rail.Memory)
        onDeviceClicked: root.show_page(Rail.Settings)
        onSpeedClicked: root.show_page(Rail.Chat)
    }
    FirstRun {
        anchors.fill: parent
        visible: root.welcoming
        focus: visible
        machine: App.machine
        controller: App.hub.firstRun
        onConnectionsWanted: connectionSheet.open()
        onDriverHelpWanted: driverHelp.open()
        onDownloadChosen: {
            App.settings.firstRunDone = true
            App.hub.firstRun.start()
            chat.focusComposer()
        }
        onOthersWanted: {
            App.hub.discover.onlyFitting = true
            root.openModels(ModelsPage.Discover)
        }
        onFoundWanted: root.openModels(ModelsPage.Library)
        onFileWanted: fileDialog.open()
        onStarterChosen: {
            App.settings.firstRunDone = true
            App.library.loadStarter()
            chat.focusComposer()
        }
        onFolderWanted: folderDialog.open()
        onLooked: {
            App.settings.firstRunDone = true
            chat.focusComposer()
        }
    }
    Toast {
        id: toast

        anchors {
            bottom: strip.top
            bottomMargin: chat.footHeight + Tokens.m
            horizontalCenter: chat.horizontalCenter
            horizontalCenterOffset: chat.centreOffset
        }
        actionText: qsTr("Undo")
        onActed: App.chats.undoRemove()
        onExpired: App.chats.forgetRemoved()

        Connections {
            target: App.chats

            function onRemoved(title: string, kept: bool) {
                toast.show(kept ? qsTr("Chat moved to Trash") : qsTr("The chat was forgotten"))
            }
            function onUndoOver() {
                toast.hide()
            }
            function onMessageRemoved() {
                toast.show(qsTr("The message was deleted"))
            }
        }
    }

    DropArea {
        anchors.fill: parent
        enabled: root.page !== Rail.FineTune  // which takes files of its own kind
        keys: ["text/uri-list"]
        // Texts on the chat page are attached there.
        onEntered: drag => drag.accepted = root.welcoming || root.page !== Rail.Chat || !App.chats.desk.takes(drag.urls)
        onDropped: drop => {
            App.settings.firstRunDone = true
            if (App.hub.isLink(drop.urls[0]))
                root.takeFile(drop.urls[0])
            else
                App.library.openFile(drop.urls[0])
        }
    }

    ModelPicker {
        id: picker

        x: root.width - width - Tokens.m
        y: Tokens.header
        library: App.library
        machine: App.machine
        models: App.memory.models
        onLoadSettingsWanted: path => root.openLoadSettings(path)
        onFolderWanted: folderDialog.open()
        onFileWanted: fileDialog.open()
    }
    Rectangle {
        anchors.fill: parent
        visible: loadSheet.visible
        color: Tokens.shade
    }
    LoadSheet {
        id: loadSheet

        x: (root.width - width) / 2
        y: Math.max(Tokens.s, (root.height - height) / 2)
        room: root.height - 2 * Tokens.xl
        controller: App.loadSettings
        machine: App.machine
    }
    DriverHelp {
        id: driverHelp

        x: (root.width - width) / 2
        y: (root.height - height) / 2
    }
    QuitSheet {
        id: quitSheet

        x: (root.width - width) / 2
        y: Math.max(Tokens.s, (root.height - height) / 2)
        controller: App.training
        downloading: App.hub.downloads.moving
        onQuitWanted: {
            root.leaving = true
            root.close()
        }
    }
    ConnectionSheet {
        id: connectionSheet

        objectName: "connectionSheet"  // for pictures

        x: (root.width - width) / 2
        y: Math.max(Tokens.s, (root.height - height) / 2)
        access: App.hub.access
    }
    ShortcutSheet {
        id: shortcuts

        x: (root.width - width) / 2
        y: (root.height - height) / 2
    }
    FolderDialog {
        id: folderDialog

        title: qsTr("Choose a model's folder")
        currentFolder: App.settings.modelsFolderUrl
        onAccepted: {
            App.settings.firstRunDone = true
            App.library.openFolder(folderDialog.selectedFolder)
        }
    }
    FolderDialog {
        id: linkDialog

        title: qsTr("Choose a folder with models; nothing is copied")
        currentFolder: App.settings.modelsFolderUrl
        onAccepted: App.hub.shelf.addFolder(linkDialog.selectedFolder)
    }
    FolderDialog {
        id: modelsFolderDialog

        title: qsTr("Choose the models folder")
        currentFolder: App.settings.modelsFolderUrl
        onAccepted: App.settings.modelsFolderUrl = modelsFolderDialog.selectedFolder
    }
    FileDialog {
        id: fileDialog

        title: qsTr("Choose a model's file")
        nameFilters: [qsTr("Models (*.gguf *.safetensors *.json)"), qsTr("All files (*)")]
        currentFolder: App.settings.modelsFolderUrl
        onAccepted: {
            App.settings.firstRunDone = true
            App.library.openFile(fileDialog.selectedFile)
        }
    }

    Shortcuts {
        enabled: !root.welcoming
        onPageWanted: page => root.show_page(page)
        onPickerWanted: picker.open()
        onListToggled: root.toggleList()
        onInspectorToggled: root.toggleInspector()
        onDownloadsWanted: root.openModels(ModelsPage.Downloads)
        onRegionWanted: step => root.moveRegion(step)
        onRenameWanted: root.renameChat()
        onSearchWanted: {
            root.page = Rail.Chat
            chat.search()
        }
        onSheetWanted: shortcuts.open()
        onFullScreenToggled: root.visibility = root.visibility === Window.FullScreen ? Window.AutomaticVisibility
            : Window.FullScreen
        onQuitWanted: root.close()
        onEscaped: {
            if (root.page === Rail.Chat && chat.leavePages())
                return
            if (App.compare.running)
                App.compare.stop()
            else if (App.chats.writing)
                App.chats.stop()
            else if (root.inspectorFloats && root.inspectorPulled && root.page === Rail.Chat)
                root.toggleInspector()
            else
                root.leaveSettings()
        }
    }
}
