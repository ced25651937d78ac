import QtQuick
import Etna.Transcript

/// What stands on a block of code: its language, buttons, and below long code the one that unfolds it.
FocusScope {
    id: root

    required property TranscriptSlot slot
    required property TranscriptView view

    Accessible.role: Accessible.Grouping
    Accessible.name: root.slot.title === "" ? qsTr("Code") : qsTr("Code in %1").arg(root.slot.title)

    Item {
        anchors { left: parent.left; right: parent.right; top: parent.top }
        height: Tokens.row

        EtnaText {
            anchors { left: parent.left; leftMargin: Tokens.m; verticalCenter: parent.verticalCenter }
            width: parent.width - buttons.width - 2 * Tokens.m
            text: root.slot.title === "" ? qsTr("code") : root.slot.title
            size: EtnaText.Small
            color: Tokens.text2
            elide: Text.ElideRight
        }
        Row {
            id: buttons

            anchors { right: parent.right; rightMargin: Tokens.xs; verticalCenter: parent.verticalCenter }

            EtnaIconButton {
                extent: Tokens.row - Tokens.s
                symbol: "wrap"
                text: root.slot.wrapped ? qsTr("Don't wrap long lines") : qsTr("Wrap long lines")
                onClicked: root.view.toggleWrapped(root.slot.row, root.slot.block)
            }
            EtnaIconButton {
                extent: Tokens.row - Tokens.s
                symbol: "copy"
                text: qsTr("Copy the code")
                onClicked: root.view.copyBlock(root.slot.row, root.slot.block)
            }
        }
    }
    EtnaButton {
        anchors { bottom: parent.bottom; horizontalCenter: parent.horizontalCenter }
        visible: root.slot.folds
        kind: EtnaButton.Quiet
        text: root.slot.open ? qsTr("Show less") : qsTr("Show all %1 lines").arg(root.slot.lines)
        onClicked: root.view.toggleOpen(root.slot.row, root.slot.block)
    }
}
