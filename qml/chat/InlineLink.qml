import QtQuick
import QtQuick.Controls.Basic

/// Words in a line of small text that lead somewhere.
AbstractButton {
    id: root

    implicitWidth: words.implicitWidth
    implicitHeight: words.implicitHeight
    hoverEnabled: true
    Accessible.role: Accessible.Link
    Accessible.name: root.text

    contentItem: EtnaText {
        id: words

        text: root.text
        size: EtnaText.Small
        color: Tokens.info
        font.underline: true
        Accessible.ignored: true
    }
    background: Item {
        FocusRing { control: root }
    }
}
