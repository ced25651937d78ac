import QtQuick
import QtQuick.Controls.Basic

/// A file of a message: its name and size. Pressed, it opens.
AbstractButton {
    id: root

    required property string name
    required property string detail
    property bool reading: false

    implicitWidth: content.implicitWidth + leftPadding + rightPadding
    implicitHeight: Math.max(Tokens.row, Tokens.lineBody + Tokens.lineSmall)
    leftPadding: Tokens.s
    rightPadding: Tokens.m
    hoverEnabled: true
    enabled: !root.reading
    Accessible.name: qsTr("Attached file %1, %2").arg(root.name).arg(root.detail)
    Accessible.description: qsTr("Shows its text")

    contentItem: Item {
        id: content

        implicitWidth: symbol.width + Tokens.s + Math.max(title.implicitWidth, about.implicitWidth)

        Icon {
            id: symbol

            anchors { left: parent.left; verticalCenter: parent.verticalCenter }
            name: "file"
            color: Tokens.text2
        }
        EtnaText {
            id: title

            anchors { left: symbol.right; leftMargin: Tokens.s; right: parent.right; bottom: parent.verticalCenter }
            text: root.name
            elide: Text.ElideMiddle
            Accessible.ignored: true
        }
        EtnaText {
            id: about

            anchors { left: title.left; right: parent.right; top: parent.verticalCenter }
            text: root.detail
            size: EtnaText.Small
            color: Tokens.text2
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Tokens.radiusCard
        color: Tokens.sunken

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: root.down ? Tokens.press : root.hovered ? Tokens.hover : Tokens.transparent
        }
        FocusRing {
            control: root
            corner: parent.radius
        }
    }
}
