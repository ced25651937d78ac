import QtQuick
import QtQuick.Controls.Basic

/// One short line to type into.
TextField {
    id: root

    required property string name

    implicitHeight: Tokens.control
    leftPadding: Tokens.s
    rightPadding: Tokens.s
    topPadding: 0
    bottomPadding: 0
    verticalAlignment: TextInput.AlignVCenter
    font.family: Tokens.mono
    font.pixelSize: Tokens.fontCode
    color: root.enabled ? Tokens.text : Tokens.text3
    placeholderTextColor: Tokens.text3
    selectionColor: Tokens.selection
    selectedTextColor: Tokens.text
    selectByMouse: true
    Accessible.name: root.name

    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.enabled ? Tokens.surface : Tokens.transparent
        border.width: root.activeFocus ? 2 : Tokens.hair
        border.color: root.activeFocus ? Tokens.focus : root.enabled ? Tokens.controlBorder : Tokens.border
    }
}
