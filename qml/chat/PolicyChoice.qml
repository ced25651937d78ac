import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// One of several ways, with a sentence about it.
RadioButton {
    id: root

    required property string sentence

    padding: Tokens.xs
    spacing: Tokens.s
    implicitHeight: words.implicitHeight + 2 * Tokens.xs
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    Accessible.name: root.text
    Accessible.description: root.sentence

    indicator: Rectangle {
        x: root.leftPadding
        y: root.topPadding + (Tokens.lineBody - height) / 2
        width: Tokens.icon
        height: width
        radius: width / 2
        color: Tokens.surface
        border.width: root.checked ? Math.round(width / 3) : Tokens.hair
        border.color: root.checked ? Tokens.accent : Tokens.controlBorder
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing { control: root }
    }
    contentItem: ColumnLayout {
        id: words

        spacing: 0

        EtnaText {
            Layout.fillWidth: true
            Layout.leftMargin: root.indicator.width + Tokens.s
            text: root.text
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
        EtnaText {
            Layout.fillWidth: true
            Layout.leftMargin: root.indicator.width + Tokens.s
            text: root.sentence
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
    }
}
