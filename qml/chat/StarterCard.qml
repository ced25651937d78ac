import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// A first message to begin with; it goes into the composer, not out.
AbstractButton {
    id: root

    Layout.fillWidth: true
    Layout.preferredWidth: 1
    implicitHeight: label.implicitHeight + 2 * Tokens.l
    Accessible.name: root.text
    Accessible.description: qsTr("Puts this into the message field")

    contentItem: Item {
        EtnaText {
            id: label

            anchors { left: parent.left; right: parent.right; margins: Tokens.l; verticalCenter: parent.verticalCenter }
            text: root.text
            color: Tokens.text2
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Tokens.radiusCard
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: root.hovered ? Tokens.controlBorder : Tokens.border

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: root.down ? Tokens.press : root.hovered ? Tokens.hover : Tokens.transparent
        }
        FocusRing {
            control: root
            corner: Tokens.radiusCard
        }
    }
}
