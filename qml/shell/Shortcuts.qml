import QtQuick
import Etna.Gui

/// The keys that work everywhere.
Item {
    id: root

    signal pageWanted(page: int)
    signal pickerWanted()
    signal listToggled()
    signal inspectorToggled()
    signal regionWanted(step: int)
    signal renameWanted()
    signal searchWanted()
    signal sheetWanted()
    signal downloadsWanted()
    signal fullScreenToggled()
    signal escaped()
    signal quitWanted()

    Shortcut { sequence: "Ctrl+1"; enabled: root.enabled; onActivated: root.pageWanted(Rail.Chat) }
    Shortcut { sequence: "Ctrl+2"; enabled: root.enabled; onActivated: root.pageWanted(Rail.Models) }
    Shortcut { sequence: "Ctrl+J"; enabled: root.enabled; onActivated: root.downloadsWanted() }
    Shortcut { sequence: "Ctrl+3"; enabled: root.enabled; onActivated: root.pageWanted(Rail.FineTune) }
    Shortcut { sequence: "Ctrl+4"; enabled: root.enabled; onActivated: root.pageWanted(Rail.Memory) }
    Shortcut { sequences: ["Ctrl+6", "Ctrl+,"]; enabled: root.enabled; onActivated: root.pageWanted(Rail.Settings) }
    Shortcut {
        sequence: "Ctrl+N"
        enabled: root.enabled
        onActivated: {
            App.chats.newChat()
            root.pageWanted(Rail.Chat)
        }
    }
    Shortcut {
        sequence: "Ctrl+Shift+N"
        enabled: root.enabled
        onActivated: {
            App.chats.newTemporaryChat()
            root.pageWanted(Rail.Chat)
        }
    }
    Shortcut { sequence: "Ctrl+Shift+F"; enabled: root.enabled; onActivated: root.searchWanted() }
    Shortcut { sequence: "Ctrl+L"; enabled: root.enabled; onActivated: root.pickerWanted() }
    Shortcut { sequence: "Ctrl+B"; enabled: root.enabled; onActivated: root.listToggled() }
    Shortcut {
        sequence: "Ctrl+Alt+B"
        enabled: root.enabled
        onActivated: {
            root.pageWanted(Rail.Chat)
            root.inspectorToggled()
        }
    }
    Shortcut { sequence: "Ctrl+R"; enabled: root.enabled; onActivated: App.chats.regenerate() }
    Shortcut { sequence: "Ctrl+Shift+C"; enabled: root.enabled; onActivated: App.copy(App.chats.lastReply()) }
    Shortcut { sequence: "F2"; enabled: root.enabled; onActivated: root.renameWanted() }
    Shortcut { sequence: "F6"; enabled: root.enabled; onActivated: root.regionWanted(1) }
    Shortcut { sequence: "Shift+F6"; enabled: root.enabled; onActivated: root.regionWanted(-1) }
    Shortcut { sequence: "Esc"; enabled: root.enabled; onActivated: root.escaped() }
    Shortcut { sequence: "Ctrl+/"; onActivated: root.sheetWanted() }
    Shortcut { sequence: "F11"; onActivated: root.fullScreenToggled() }
    Shortcut { sequences: ["Ctrl++", "Ctrl+="]; onActivated: App.settings.largerFont() }
    Shortcut { sequence: "Ctrl+-"; onActivated: App.settings.smallerFont() }
    Shortcut { sequence: "Ctrl+0"; onActivated: App.settings.normalFont() }
    Shortcut { sequence: "Ctrl+Q"; onActivated: root.quitWanted() }
}
