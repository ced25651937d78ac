import QtQuick
import QtQuick.Controls.Basic

/// A chat that something was found in, or a message with two lines of what stands round it.
ItemDelegate {
    id: root

    required property int index
    required property bool head
    required property string marked
    required property string plain
    required property string who
    required property string date
    required property bool trashed
    required property bool choosable
    property bool chosen: false

    readonly property string mark: `<style>b{font-weight:normal;background-color:${Tokens.found}}</style>`

    readonly property int indent: root.head ? Tokens.s : Tokens.xl

    leftPadding: root.mirrored ? Tokens.s : root.indent
    rightPadding: root.mirrored ? root.indent : Tokens.s
    topPadding: root.head ? Tokens.m : Tokens.xs
    bottomPadding: Tokens.xs
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    hoverEnabled: root.choosable
    Accessible.role: root.choosable ? Accessible.ListItem : Accessible.Heading
    Accessible.name: root.head ? (root.trashed ? qsTr("%1, in the Trash").arg(root.plain) : root.plain)
        : qsTr("%1, %2: %3", "who, when, what").arg(root.who).arg(root.date).arg(root.plain)

    FontMetrics {
        id: metrics

        font: excerpt.font
    }

    contentItem: Column {
        spacing: 0

        Item {
            width: parent.width
            height: Tokens.lineBody

            EtnaText {
                id: heading

                anchors { left: parent.left; right: badge.left; rightMargin: Tokens.s }
                text: root.head ? root.mark + root.marked : root.who
                textFormat: root.head ? Text.RichText : Text.PlainText
                // Rich text stands too low in lines of a fixed height.
                lineHeightMode: Text.ProportionalHeight
                lineHeight: 1
                size: root.head ? EtnaText.Body : EtnaText.Small
                color: root.head ? Tokens.text : Tokens.text3
                font.weight: root.head ? Font.DemiBold : Font.Normal
                clip: true
                Accessible.ignored: true
            }
            EtnaText {
                id: badge

                anchors { right: parent.right; verticalCenter: parent.verticalCenter }
                text: root.head && root.trashed ? qsTr("In the Trash · %1").arg(root.date) : root.date
                size: EtnaText.Small
                color: Tokens.text3
                Accessible.ignored: true
            }
        }
        // Rich text cannot be elided: what is below the second line is cut off.
        Item {
            width: parent.width
            height: Math.min(excerpt.implicitHeight, 2 * Math.ceil(metrics.lineSpacing))
            visible: !root.head
            clip: true

            EtnaText {
                id: excerpt

                width: parent.width
                text: root.head ? "" : root.mark + root.marked
                textFormat: Text.RichText
                lineHeightMode: Text.ProportionalHeight
                lineHeight: 1
                wrapMode: Text.Wrap
                color: Tokens.text2
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.chosen ? Tokens.selection : root.hovered && root.choosable ? Tokens.hover : Tokens.transparent

        Rectangle {
            anchors { fill: parent; margins: 1 }
            visible: root.visualFocus
            radius: Tokens.radiusControl
            color: Tokens.transparent
            border { width: 2; color: Tokens.focus }
        }
    }
}
