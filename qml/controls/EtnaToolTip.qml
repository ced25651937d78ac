import QtQuick
import QtQuick.Controls.Basic

/// What a control does, shown after a moment of resting on it.
ToolTip {
    id: root

    property bool shown: false

    visible: root.shown
    delay: 600
    padding: Tokens.s
    topPadding: Tokens.xs
    bottomPadding: Tokens.xs

    contentItem: EtnaText {
        text: root.text
        size: EtnaText.Small
        color: Tokens.window
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: Tokens.text
    }
}
