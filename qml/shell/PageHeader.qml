import QtQuick

/// The line at the top of a page: title at the left, tools at the right.
Item {
    id: root

    default property alias tools: tools.data
    property alias leading: leading.data
    property string title: ""

    implicitHeight: Tokens.header

    Row {
        id: leading

        anchors { left: parent.left; leftMargin: Tokens.s; verticalCenter: parent.verticalCenter }
    }
    EtnaText {
        anchors {
            left: leading.right
            leftMargin: leading.width > 0 ? Tokens.s : Tokens.l
            right: tools.left
            rightMargin: Tokens.l
            verticalCenter: parent.verticalCenter
        }
        text: root.title
        font.weight: Font.DemiBold
        elide: Text.ElideRight
        Accessible.role: Accessible.Heading
    }
    Row {
        id: tools

        anchors { right: parent.right; rightMargin: Tokens.m; verticalCenter: parent.verticalCenter }
        spacing: Tokens.s
    }
    Rectangle {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: Tokens.hair
        color: Tokens.border
    }
}
