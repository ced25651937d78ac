pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// Searching Hugging Face: results at the left, the chosen one at the right.
FocusScope {
    id: root

    required property HubController hub

    readonly property DiscoverController controller: root.hub.discover
    readonly property CardController card: root.hub.card
    readonly property bool cardFloats: root.width < Tokens.card + Tokens.list + 2 * Tokens.xxl
    readonly property bool cardOpen: root.card.state !== CardController.Closed

    signal useWanted(path: string)
    signal settingsWanted(way: int)  // a HubWay
    signal libraryWanted()
    signal downloadsWanted()

    function focusSearch() {
        search.forceActiveFocus()
    }

    Item {
        id: left

        anchors {
            left: parent.left
            right: parent.right
            rightMargin: root.cardFloats ? 0 : Tokens.card
            top: parent.top
            bottom: parent.bottom
        }
        visible: !root.cardFloats || !root.cardOpen

        EtnaSearchField {
            id: search

            anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.l }
            focus: true
            name: qsTr("Search Hugging Face")
            placeholderText: qsTr("Search Hugging Face, or paste a link or name")
            text: root.controller.text
            onTextEdited: root.controller.text = text
            onCleared: root.controller.text = ""
            onAccepted: root.controller.search()
            Keys.onDownPressed: {
                if (results.currentIndex < 0)
                    results.currentIndex = 0
                results.forceActiveFocus(Qt.TabFocusReason)
            }
        }
        DiscoverFilters {
            id: filters

            anchors {
                left: parent.left
                right: parent.right
                top: search.bottom
                margins: Tokens.l
                topMargin: Tokens.s
            }
            controller: root.controller
        }
        // Over results of an earlier day: why there are no newer ones.
        Rectangle {
            id: banner

            anchors { left: filters.left; right: filters.right; top: filters.bottom; topMargin: Tokens.m }
            visible: results.count > 0 && state.title !== ""
            height: visible ? bannerState.implicitHeight + 2 * Tokens.m : 0
            radius: Tokens.radiusCard
            color: Tokens.transparent
            border.width: Tokens.hair
            border.color: Tokens.warn

            HubState {
                id: bannerState

                anchors { left: parent.left; right: parent.right; top: parent.top; margins: Tokens.m }
                title: ""
                sentence: qsTr("%1. %2").arg(state.title).arg(state.sentence)
                actions: state.actions
                primary: false
                onActed: index => state.act(index)
            }
        }
        ListView {
            id: results

            anchors {
                left: parent.left
                right: parent.right
                top: banner.bottom
                topMargin: Tokens.s
                bottom: parent.bottom
                leftMargin: Tokens.s
                rightMargin: Tokens.s
            }
            visible: root.controller.state !== DiscoverController.Loading
            clip: true
            activeFocusOnTab: count > 0
            boundsBehavior: Flickable.StopAtBounds
            model: root.controller.results
            bottomMargin: root.controller.hasMore ? Tokens.header : Tokens.l
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Models found")

            onAtYEndChanged: {
                if (atYEnd && count > 0)
                    root.controller.loadMore()
            }
            Keys.onReturnPressed: {
                if (currentItem)
                    (currentItem as ResultRow).clicked()
            }

            ScrollBar.vertical: EtnaScrollBar {}

            delegate: ResultRow {
                width: ListView.view.width
                shown: root.card.repository === repository
                focus: ListView.isCurrentItem
                onClicked: {
                    ListView.view.currentIndex = index
                    root.card.open(repository)
                }
            }
            EtnaText {
                y: results.originY + results.contentHeight + Tokens.l
                width: results.width
                visible: root.controller.loadingMore
                text: qsTr("Loading more…")
                size: EtnaText.Small
                color: Tokens.text3
                horizontalAlignment: Text.AlignHCenter
            }
        }
        Column {
            anchors {
                left: results.left
                right: results.right
                top: results.top
            }
            visible: root.controller.state === DiscoverController.Loading
            Accessible.role: Accessible.Indicator
            Accessible.name: qsTr("Searching")

            Repeater {
                model: 6

                ResultSkeleton {
                    width: parent.width
                }
            }
        }
        HubState {
            id: state

            function act(index: int) {
                switch (root.controller.state) {
                case DiscoverController.Idle: return root.controller.search()
                case DiscoverController.Empty: return root.controller.clearFilters()
                default: return state.go(root.controller.wayAt(index))
                }
            }
            function go(way: int) {
                switch (way) {
                case HubWay.TryAgain:
                case HubWay.TryNow: return root.controller.search()
                case HubWay.OpenLibrary: return root.libraryWanted()
                case HubWay.OpenPage: return App.openLink("https://huggingface.co")
                default: return root.settingsWanted(way)
                }
            }

            anchors {
                left: parent.left
                right: parent.right
                margins: Tokens.xxl
                top: filters.bottom
                topMargin: Math.max(Tokens.xl, (left.height - filters.y - filters.height - implicitHeight) / 3)
            }
            visible: results.count === 0 && title !== ""
            title: root.controller.title
            sentence: root.controller.sentence
            actions: {
                switch (root.controller.state) {
                case DiscoverController.Idle: return [qsTr("Show what is popular")]
                case DiscoverController.Empty: return root.controller.filtered ? [qsTr("Clear filters")] : []
                case DiscoverController.Offline:
                case DiscoverController.Waiting:
                case DiscoverController.Failed: return root.controller.wayTexts
                default: return []
                }
            }
            onActed: index => state.act(index)
        }
        // Everything that was found is hidden.
        HubState {
            anchors { left: state.left; right: state.right; top: state.top }
            visible: root.controller.state === DiscoverController.Filled && results.count === 0
            title: qsTr("No model matches")
            sentence: qsTr("What was found is too big for this computer (%1).").arg(root.controller.results.hidden)
            actions: [qsTr("Show them, too"), qsTr("Clear filters")]
            onActed: index => {
                if (index === 0)
                    root.controller.onlyFitting = false
                else
                    root.controller.clearFilters()
            }
        }
    }
    Rectangle {
        anchors { right: cardPane.left; top: parent.top; bottom: parent.bottom }
        visible: !root.cardFloats
        width: Tokens.hair
        color: Tokens.border
    }
    ModelCard {
        id: cardPane

        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        width: root.cardFloats ? parent.width : Tokens.card - Tokens.hair
        visible: !root.cardFloats || root.cardOpen
        controller: root.card
        floats: root.cardFloats
        onClosed: {
            root.card.close()
            results.forceActiveFocus(Qt.TabFocusReason)
        }
        onUseWanted: path => root.useWanted(path)
        onSettingsWanted: way => root.settingsWanted(way)
        onSearchWanted: words => {
            root.controller.text = words
            root.controller.search()
            search.forceActiveFocus(Qt.TabFocusReason)
        }
        onDownloadsWanted: root.downloadsWanted()
        Keys.onEscapePressed: event => {
            event.accepted = root.cardFloats && root.cardOpen
            if (event.accepted)
                cardPane.closed()
        }
    }
}
