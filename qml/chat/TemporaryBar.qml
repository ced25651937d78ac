import QtQuick

/// Below the header of a chat that is not saved.
Item {
    id: root

    implicitHeight: note.implicitHeight + 2 * Tokens.xs

    Rectangle {
        anchors.fill: parent
        color: Tokens.sunken
    }
    EtnaText {
        id: note

        anchors { left: parent.left; right: parent.right; margins: Tokens.l; verticalCenter: parent.verticalCenter }
        text: qsTr("Not saved. Closing forgets it.")
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
        Accessible.role: Accessible.StaticText
    }
    DashedLine {
        anchors { left: parent.left; right: parent.right; top: parent.top }
    }
    DashedLine {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
    }
}
