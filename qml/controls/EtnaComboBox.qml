pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic

/// One of several, in a list that opens.
ComboBox {
    id: root

    required property string name

    implicitHeight: Tokens.control
    leftPadding: Tokens.m
    font.family: Tokens.family
    font.pixelSize: Tokens.fontBody
    Accessible.name: root.name

    contentItem: EtnaText {
        text: root.displayText
        elide: Text.ElideRight
        Accessible.ignored: true
    }
    indicator: Icon {
        x: root.width - width - Tokens.s
        anchors.verticalCenter: parent.verticalCenter
        name: "chevron-down"
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: Tokens.surface
        border.width: Tokens.hair
        border.color: Tokens.controlBorder

        FocusRing { control: root }
    }
    delegate: ItemDelegate {
        id: entry

        required property string modelData
        required property int index

        width: ListView.view.width
        height: Tokens.row
        highlighted: root.highlightedIndex === entry.index
        Accessible.name: entry.modelData

        contentItem: EtnaText {
            text: entry.modelData
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        background: Rectangle {
            radius: Tokens.radiusControl
            color: entry.highlighted ? Tokens.hover : Tokens.transparent
        }
    }
    popup: EtnaPopup {
        y: root.height + Tokens.xs
        width: root.width
        padding: Tokens.xs
        implicitHeight: list.contentHeight + 2 * Tokens.xs

        contentItem: ListView {
            id: list

            clip: true
            model: root.popup.visible ? root.delegateModel : null
            currentIndex: root.highlightedIndex
        }
    }
}
