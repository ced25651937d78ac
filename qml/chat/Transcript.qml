pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// The messages of a chat. While the end is in sight it stays in sight (follow mode); any move away lets go of it.
FocusScope {
    id: root

    required property ChatController controller

    property bool following: true
    property bool newText: false

    signal remedyWanted(action: int)

    function isNearEnd(): bool {
        return list.contentY + list.height >= list.originY + list.contentHeight - Tokens.follow
    }
    function follow() {
        root.following = true
        root.newText = false
        list.positionViewAtEnd()
    }
    function moved() {
        root.following = root.isNearEnd()
        if (root.following)
            root.newText = false
    }
    function scrollBy(distance: real) {
        const end = Math.max(list.originY, list.originY + list.contentHeight - list.height)
        list.contentY = Math.max(list.originY, Math.min(end, list.contentY + distance))
        root.moved()
    }

    Connections {
        target: root.controller

        function onSent() {
            root.follow()
        }
        function onCurrentChanged() {
            root.follow()
        }
    }
    Connections {
        target: root.controller.messages

        function onGrown() {
            if (!root.following)
                root.newText = true
        }
    }
    // The view's own layout comes first.
    Timer {
        id: later

        interval: 0
        onTriggered: {
            if (root.following)
                list.positionViewAtEnd()
        }
    }
    ListView {
        id: list

        anchors.fill: parent
        clip: true
        focus: true
        activeFocusOnTab: true
        model: root.controller.messages
        keyNavigationEnabled: false
        boundsBehavior: Flickable.StopAtBounds
        // A whole long reply above and below keeps the estimate of the total height calm.
        cacheBuffer: 6000
        highlightFollowsCurrentItem: false
        currentIndex: -1
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        ScrollBar.vertical: EtnaScrollBar {
            id: bar

            onPressedChanged: root.moved()
            onPositionChanged: {
                if (bar.pressed)
                    root.moved()
            }
        }

        onContentHeightChanged: {
            if (root.following)
                later.restart()
        }
        onHeightChanged: {
            if (root.following)
                later.restart()
        }
        onContentYChanged: {
            if (list.moving)
                root.moved()
        }
        onMovementEnded: root.moved()
        Keys.onPressed: event => {
            const page = list.height - Tokens.xxl
            const step = event.key === Qt.Key_PageUp ? -page : event.key === Qt.Key_PageDown ? page
                : event.key === Qt.Key_Up ? -Tokens.row : event.key === Qt.Key_Down ? Tokens.row
                : event.key === Qt.Key_Home ? -list.contentHeight : event.key === Qt.Key_End ? list.contentHeight : 0
            event.accepted = step !== 0
            if (step !== 0)
                root.scrollBy(step)
        }

        delegate: MessageView {
            width: ListView.view.width
            controller: root.controller
            onRemedyWanted: action => root.remedyWanted(action)
            onTextChosen: root.following = false
        }
    }
    Rectangle {
        anchors { fill: parent }
        visible: list.activeFocus
        color: Tokens.transparent
        border { width: 2; color: Tokens.focus }
    }
    EtnaButton {
        anchors { bottom: parent.bottom; bottomMargin: Tokens.m; horizontalCenter: parent.horizontalCenter }
        visible: root.newText && !root.following
        text: qsTr("New text")
        symbol: "arrow-down"
        onClicked: root.follow()
    }
}
