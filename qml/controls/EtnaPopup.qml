import QtQuick
import QtQuick.Controls.Basic

/// A layer above the page: picker, shortcuts, memory.
Popup {
    id: root

    property string name: ""

    padding: Tokens.s
    modal: true
    dim: false
    focus: true
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutside

    enter: Transition { NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Tokens.quick; easing.type: Easing.OutCubic } }
    exit: Transition { NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Tokens.quick; easing.type: Easing.InCubic } }

    background: Item {
        // Two soft edges instead of a blurred shadow: sharp with every renderer.
        Rectangle {
            anchors.fill: parent
            anchors.margins: -3
            anchors.topMargin: -1
            anchors.bottomMargin: -5
            radius: Tokens.radiusSheet + 3
            color: Tokens.shadow
        }
        Rectangle {
            anchors.fill: parent
            radius: Tokens.radiusSheet
            color: Tokens.surface
            border.width: Tokens.hair
            border.color: Tokens.border
        }
    }
}
