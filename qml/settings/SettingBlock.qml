import QtQuick
import QtQuick.Layouts

/// A setting with more to it than one control: what it is, its state, the controls below, what is wrong with them.
Item {
    id: root

    required property string label
    required property string note
    property string problem: ""
    property string answer: ""
    property string locked: ""
    property bool last: false
    default property alias controls: controls.data

    Layout.fillWidth: true
    implicitHeight: column.implicitHeight + 2 * Tokens.m

    ColumnLayout {
        id: column

        anchors {
            left: parent.left
            right: parent.right
            verticalCenter: parent.verticalCenter
            leftMargin: Tokens.l
            rightMargin: Tokens.l
        }
        spacing: 0

        EtnaText {
            Layout.fillWidth: true
            text: root.label
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            visible: text !== ""
            text: root.note
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.WrapAtWordBoundaryOrAnywhere
        }
        EtnaText {
            Layout.fillWidth: true
            visible: text !== ""
            text: root.locked
            size: EtnaText.Small
            color: Tokens.warn
            wrapMode: Text.Wrap
        }
        ColumnLayout {
            id: controls

            Layout.fillWidth: true
            Layout.topMargin: implicitHeight > 0 ? Tokens.s : 0
            spacing: Tokens.s
        }
        EtnaText {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.xs
            visible: text !== ""
            text: root.problem
            size: EtnaText.Small
            color: Tokens.bad
            wrapMode: Text.WrapAtWordBoundaryOrAnywhere
            Accessible.role: Accessible.AlertMessage
        }
        EtnaText {
            Layout.fillWidth: true
            Layout.topMargin: Tokens.xs
            visible: text !== "" && root.problem === ""
            text: root.answer
            size: EtnaText.Small
            color: Tokens.ok
            wrapMode: Text.WrapAtWordBoundaryOrAnywhere
            Accessible.role: Accessible.AlertMessage
        }
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
