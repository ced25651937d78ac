import QtQuick
import QtQuick.Controls.Basic

/// Words that lead somewhere; they may take several lines.
AbstractButton {
    id: root

    implicitHeight: words.implicitHeight + Tokens.s
    hoverEnabled: true
    Accessible.role: Accessible.Link
    Accessible.name: root.text

    contentItem: EtnaText {
        id: words

        text: root.text
        color: Tokens.info
        font.underline: root.hovered
        wrapMode: Text.Wrap
        Accessible.ignored: true
    }
    background: Item {
        FocusRing { control: root }
    }
}
