import QtQuick
import QtQuick.Layouts

/// A note that goes by itself, with one thing to do about it. It waits while it is looked at.
Rectangle {
    id: root

    property string message: ""
    property string actionText: ""
    property bool shown: false

    signal acted()
    signal expired()

    function show(text: string) {
        root.message = text
        root.shown = true
        timer.restart()
    }
    function hide() {
        root.shown = false
        timer.stop()
    }

    implicitWidth: row.implicitWidth + Tokens.l + Tokens.s
    implicitHeight: Tokens.row + Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.text
    visible: opacity > 0
    opacity: root.shown ? 1 : 0
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.message

    Behavior on opacity { NumberAnimation { duration: Tokens.pane } }

    Timer {
        id: timer

        interval: Tokens.toast
        running: root.shown && !hover.hovered && !action.activeFocus
        onTriggered: {
            root.shown = false
            root.expired()
        }
    }
    HoverHandler { id: hover }
    RowLayout {
        id: row

        anchors { fill: parent; leftMargin: Tokens.l; rightMargin: Tokens.s }
        spacing: Tokens.l

        EtnaText {
            Layout.maximumWidth: Tokens.list + Tokens.list
            text: root.message
            color: Tokens.window
            elide: Text.ElideRight
        }
        EtnaButton {
            id: action

            visible: root.actionText !== ""
            text: root.actionText
            kind: EtnaButton.Quiet
            font.weight: Font.DemiBold
            ink: Tokens.window
            onClicked: {
                root.hide()
                root.acted()
            }
        }
    }
}
