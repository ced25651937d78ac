pragma ComponentBehavior: Bound

import QtQuick

/// The pages, at the left edge.
FocusScope {
    id: root

    enum Page { Chat, Models, FineTune, Memory, Server, Settings }

    required property int page
    required property bool wide
    property bool downloading: false
    property bool training: false

    signal chosen(page: int)

    implicitWidth: root.wide ? Tokens.railWide : Tokens.railNarrow
    Accessible.role: Accessible.PageTabList
    Accessible.name: qsTr("Pages")

    Rectangle {
        anchors.fill: parent
        color: Tokens.sunken
    }
    Rectangle {
        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        width: Tokens.hair
        color: Tokens.border
    }
    Row {
        id: mark

        anchors { left: parent.left; leftMargin: Tokens.l; top: parent.top }
        height: Tokens.header
        spacing: Tokens.m

        Image {
            anchors.verticalCenter: parent.verticalCenter
            source: "image://icons/app"
            sourceSize.width: 2 * Tokens.xl
            sourceSize.height: 2 * Tokens.xl
            width: Tokens.xl
            height: Tokens.xl
            Accessible.ignored: true
        }
        EtnaText {
            anchors.verticalCenter: parent.verticalCenter
            visible: root.wide
            text: qsTr("Etna", "name of the app")
            font.weight: Font.DemiBold
        }
    }
    Column {
        anchors {
            left: parent.left
            right: parent.right
            top: mark.bottom
            margins: Tokens.s
            topMargin: Tokens.s
        }
        spacing: Tokens.xs

        RailButton {
            text: qsTr("Chat")
            symbol: "chat"
            keys: "Ctrl+1"
            wide: root.wide
            checked: root.page === Rail.Chat
            focus: true
            onClicked: root.chosen(Rail.Chat)
        }
        RailButton {
            text: qsTr("Models")
            symbol: "models"
            keys: "Ctrl+2"
            wide: root.wide
            checked: root.page === Rail.Models
            live: root.downloading
            onClicked: root.chosen(Rail.Models)
        }
        RailButton {
            text: qsTr("Fine-tune")
            symbol: "tune"
            keys: "Ctrl+3"
            wide: root.wide
            checked: root.page === Rail.FineTune
            live: root.training
            onClicked: root.chosen(Rail.FineTune)
        }
        RailButton {
            text: qsTr("Memory")
            symbol: "memory"
            keys: "Ctrl+4"
            wide: root.wide
            checked: root.page === Rail.Memory
            onClicked: root.chosen(Rail.Memory)
        }
    }
    Column {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom; margins: Tokens.s }

        RailButton {
            text: qsTr("Settings")
            symbol: "settings"
            keys: "Ctrl+,"
            wide: root.wide
            checked: root.page === Rail.Settings
            onClicked: root.chosen(Rail.Settings)
        }
    }
}
