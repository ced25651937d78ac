import QtQuick
import QtQuick.Controls.Basic

/// A step of the wizard.
AbstractButton {
    id: root

    required property int number
    required property bool current
    required property bool done

    implicitHeight: Tokens.row
    hoverEnabled: true
    Accessible.role: Accessible.PageTab
    Accessible.name: root.text
    Accessible.description: root.current ? qsTr("Shown") : root.done ? qsTr("Done") : ""

    contentItem: Item {
        Rectangle {
            id: badge

            x: Tokens.s
            anchors.verticalCenter: parent.verticalCenter
            width: Tokens.iconLarge + Tokens.xs
            height: width
            radius: width / 2
            color: root.current ? Tokens.text : Tokens.transparent
            border.width: Tokens.hair
            border.color: root.enabled ? Tokens.controlBorder : Tokens.border

            EtnaText {
                anchors.centerIn: parent
                text: root.done && !root.current ? "✓" : root.number
                size: EtnaText.Small
                color: root.current ? Tokens.surface : root.enabled ? Tokens.text2 : Tokens.text3
                Accessible.ignored: true
            }
        }
        EtnaText {
            anchors { left: badge.right; leftMargin: Tokens.s; right: parent.right; verticalCenter: parent.verticalCenter }
            text: root.text
            color: !root.enabled ? Tokens.text3 : root.current ? Tokens.text : Tokens.text2
            font.weight: root.current ? Font.Medium : Font.Normal
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.current ? Tokens.surface : root.hovered && root.enabled ? Tokens.hover : Tokens.transparent

        FocusRing { control: root }
    }
}
