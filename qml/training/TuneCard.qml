pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// One of several to choose from: a preset, a model.
AbstractButton {
    id: root

    required property string note
    property string detail: ""

    implicitHeight: content.implicitHeight + 2 * Tokens.m
    hoverEnabled: true
    Accessible.role: Accessible.RadioButton
    Accessible.name: root.text
    Accessible.description: root.detail === "" ? root.note : qsTr("%1 %2").arg(root.note).arg(root.detail)
    Accessible.checkable: true
    Accessible.checked: root.checked

    contentItem: Item {
        ColumnLayout {
            id: content

            anchors { left: parent.left; right: parent.right; verticalCenter: parent.verticalCenter; margins: Tokens.s }
            spacing: 0

            EtnaText {
                Layout.fillWidth: true
                text: root.text
                font.weight: Font.Medium
                color: root.enabled ? Tokens.text : Tokens.text3
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            EtnaText {
                Layout.fillWidth: true
                visible: text !== ""
                text: root.note
                size: EtnaText.Small
                color: root.enabled ? Tokens.text2 : Tokens.text3
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.xs
                visible: text !== ""
                text: root.detail
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusCard
        color: root.hovered && root.enabled ? Tokens.hover : Tokens.transparent
        border.width: root.checked ? 2 : Tokens.hair
        border.color: root.checked ? Tokens.accent : root.enabled ? Tokens.controlBorder : Tokens.border

        FocusRing {
            control: root
            corner: Tokens.radiusCard
        }
    }
}
