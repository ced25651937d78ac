import QtQuick
import Etna.Gui

/// Text that can be read and copied from, not changed.
TextEdit {
    id: root

    required property string plain

    signal textChosen()

    readOnly: true
    selectByMouse: true
    activeFocusOnTab: false
    wrapMode: TextEdit.Wrap
    textFormat: TextEdit.RichText
    color: Tokens.text
    selectionColor: Tokens.selection
    selectedTextColor: Tokens.text
    font.family: Tokens.family
    font.pixelSize: Tokens.fontReading
    Accessible.role: Accessible.StaticText
    Accessible.name: root.plain

    onLinkActivated: link => App.openLink(link)
    onSelectedTextChanged: {
        if (root.selectedText !== "")
            root.textChosen()
    }
    Keys.onEscapePressed: event => {
        root.deselect()
        event.accepted = false
    }

    HoverHandler {
        cursorShape: root.hoveredLink === "" ? Qt.IBeamCursor : Qt.PointingHandCursor
    }
    EtnaToolTip {
        text: root.hoveredLink
        shown: root.hoveredLink !== ""
    }
}
