import QtQuick
import QtQuick.Controls.Basic

/// Chosen or not, of a row or a condition.
CheckBox {
    id: root

    required property string name

    implicitWidth: contentItem.implicitWidth + leftPadding
    implicitHeight: Tokens.control
    padding: 0
    leftPadding: root.text === "" ? Tokens.iconLarge : Tokens.iconLarge + Tokens.s
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    Accessible.name: root.name

    indicator: Rectangle {
        y: (root.height - height) / 2
        width: Tokens.iconLarge
        height: Tokens.iconLarge
        radius: Tokens.xs
        color: root.checked ? Tokens.text2 : Tokens.surface
        border.width: root.checked ? 0 : Tokens.hair
        border.color: Tokens.controlBorder

        Icon {
            anchors.centerIn: parent
            visible: root.checked
            name: "check"
            color: Tokens.surface
        }
        FocusRing {
            control: root
            corner: Tokens.xs
        }
    }
    contentItem: EtnaText {
        text: root.text
        Accessible.ignored: true
    }
}
