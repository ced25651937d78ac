import QtQuick
import QtQuick.Controls.Basic

/// One page in the rail.
AbstractButton {
    id: root

    required property string symbol
    required property string keys
    required property bool wide
    property bool live: false  ///< something of this page is at work

    width: parent ? parent.width : implicitWidth
    implicitHeight: Tokens.row + Tokens.xs
    Accessible.role: Accessible.PageTab
    Accessible.name: root.text
    Accessible.description: root.live ? qsTr("At work") : ""

    contentItem: Item {
        Icon {
            id: icon

            x: root.wide ? Tokens.m : (parent.width - width) / 2
            anchors.verticalCenter: parent.verticalCenter
            name: root.symbol
            size: Tokens.iconLarge
            color: root.checked ? Tokens.text : Tokens.text2
        }
        Rectangle {
            x: icon.x + icon.width - width / 2
            y: icon.y - height / 4
            visible: root.live
            width: Tokens.s
            height: width
            radius: width / 2
            color: Tokens.accent
        }
        EtnaText {
            anchors { left: icon.right; leftMargin: Tokens.m; verticalCenter: parent.verticalCenter }
            visible: root.wide
            text: root.text
            font.weight: root.checked ? Font.Medium : Font.Normal
            color: root.checked ? Tokens.text : Tokens.text2
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.checked ? Tokens.surface : root.hovered ? Tokens.hover : Tokens.transparent
        border.width: root.checked ? Tokens.hair : 0
        border.color: Tokens.border

        FocusRing { control: root }
    }

    EtnaToolTip {
        text: qsTr("%1 (%2)").arg(root.text).arg(root.keys)
        shown: root.hovered && !root.wide
    }
}
