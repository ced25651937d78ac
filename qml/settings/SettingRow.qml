import QtQuick
import QtQuick.Layouts

/// One setting: what it is, one sentence about it, its control.
Item {
    id: root

    required property string label
    required property string note
    property bool last: false
    property bool wraps: false
    default property alias controls: controls.data

    Layout.fillWidth: true
    implicitHeight: Math.max(words.implicitHeight, controls.implicitHeight) + 2 * Tokens.m

    ColumnLayout {
        id: words

        anchors {
            left: parent.left
            leftMargin: Tokens.l
            right: controls.left
            rightMargin: Tokens.l
            verticalCenter: parent.verticalCenter
        }
        spacing: 0

        EtnaText {
            Layout.fillWidth: true
            text: root.label
            elide: Text.ElideRight
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.note
            size: EtnaText.Small
            color: Tokens.text2
            elide: root.wraps ? Text.ElideNone : Text.ElideMiddle
            wrapMode: root.wraps ? Text.Wrap : Text.NoWrap
        }
    }
    RowLayout {
        id: controls

        anchors { right: parent.right; rightMargin: Tokens.l; verticalCenter: parent.verticalCenter }
        spacing: Tokens.m
    }
    Rectangle {
        anchors {
            left: parent.left
            right: parent.right
            bottom: parent.bottom
            leftMargin: Tokens.l
            rightMargin: Tokens.l
        }
        visible: !root.last
        height: Tokens.hair
        color: Tokens.border
    }
}
