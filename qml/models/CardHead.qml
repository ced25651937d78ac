pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A model of the hub, above its readme: what it is, which version to take, and the one button.
ColumnLayout {
    id: root

    required property CardController controller
    property bool floats: false

    signal closed()
    signal useWanted(path: string)
    signal settingsWanted(way: int)  // a HubWay
    signal searchWanted(words: string)

    function go(way: int) {
        switch (way) {
        case HubWay.TryAgain:
        case HubWay.TryNow: return root.controller.again()
        case HubWay.OpenPage:
            App.openLink(root.controller.link)
            return root.controller.watchAccess()
        case HubWay.SearchSimilar: return root.searchWanted(root.controller.name)
        default: return root.settingsWanted(way)
        }
    }
    signal downloadsWanted()

    spacing: Tokens.m

    RowLayout {
        Layout.fillWidth: true
        spacing: Tokens.s

        EtnaIconButton {
            visible: root.floats
            symbol: "close"
            text: qsTr("Back to the results")
            shortcutText: "Esc"
            onClicked: root.closed()
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.controller.name
            size: EtnaText.Title
            wrapMode: Text.WrapAtWordBoundaryOrAnywhere
            maximumLineCount: 3
            elide: Text.ElideRight
            Accessible.role: Accessible.Heading
        }
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.facts
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.gate
        size: EtnaText.Small
        color: Tokens.warn
        wrapMode: Text.Wrap
    }
    Repeater {
        model: root.controller.state === CardController.Loading ? 4 : 0

        Rectangle {
            required property int index

            Layout.fillWidth: true
            implicitHeight: Tokens.row
            radius: Tokens.radiusControl
            color: Tokens.sunken
        }
    }
    HubState {
        Layout.fillWidth: true
        Layout.topMargin: Tokens.xl
        visible: root.controller.title !== ""
        title: root.controller.title
        sentence: root.controller.sentence
        primary: false
        actions: root.controller.wayTexts
        onActed: index => root.go(root.controller.wayAt(index))
    }
    EtnaText {
        visible: root.controller.versions.count > 0
        text: qsTr("Choose a version")
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: root.controller.versions.count > 0
        spacing: 2
        Accessible.role: Accessible.Grouping
        Accessible.name: qsTr("Versions")

        Repeater {
            model: root.controller.versions

            VersionRow {
                Layout.fillWidth: true
                checked: root.controller.selected === index
                onClicked: root.controller.select(index)
            }
        }
    }
    ColumnLayout {
        Layout.fillWidth: true
        visible: root.controller.contextKnown
        spacing: 0

        RowLayout {
            EtnaText {
                Layout.fillWidth: true
                text: qsTr("Memory with a context of")
                size: EtnaText.Small
                color: Tokens.text2
            }
            EtnaText {
                text: root.controller.contextText
                size: EtnaText.Small
                font.family: Tokens.mono
            }
        }
        EtnaSlider {
            Layout.fillWidth: true
            name: qsTr("Context length")
            value: root.controller.contextPosition
            stepSize: 0.02
            Accessible.description: root.controller.contextText
            onMoved: root.controller.contextPosition = value
        }
    }
    EtnaButton {
        Layout.fillWidth: true
        implicitHeight: Tokens.row + Tokens.xs
        visible: root.controller.action !== CardController.Nothing && root.controller.action !== CardController.Access
        text: root.controller.actionText
        kind: EtnaButton.Primary
        enabled: root.controller.action === CardController.Download || root.controller.action === CardController.Use
            || root.controller.action === CardController.Reading || root.controller.action === CardController.Busy
        Accessible.description: root.controller.blocked
        onClicked: {
            if (root.controller.action === CardController.Use)
                root.useWanted(root.controller.usePath)
            else if (root.controller.action === CardController.Busy)
                root.downloadsWanted()
            else
                root.controller.download()
        }
    }
    EtnaProgressBar {
        Layout.fillWidth: true
        visible: root.controller.action === CardController.Busy
        name: qsTr("Download of %1").arg(root.controller.name)
        indeterminate: root.controller.progress < 0
        value: Math.max(0, root.controller.progress)
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.blocked
        size: EtnaText.Small
        color: root.controller.action === CardController.Busy ? Tokens.text2 : Tokens.warn
        wrapMode: Text.Wrap
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.controller.watchText
        size: EtnaText.Small
        color: Tokens.text2
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    Flow {
        id: ways

        readonly property bool refused: root.controller.action === CardController.Access

        Layout.fillWidth: true
        visible: root.controller.state === CardController.Filled && root.controller.title === ""
        spacing: Tokens.s

        Repeater {
            model: root.controller.wayTexts

            EtnaButton {
                required property string modelData
                required property int index

                text: modelData
                kind: !ways.refused ? EtnaButton.Quiet : index === 0 ? EtnaButton.Primary : EtnaButton.Secondary
                onClicked: root.go(root.controller.wayAt(index))
            }
        }
    }
    Rectangle {
        Layout.fillWidth: true
        visible: root.controller.hasReadme
        implicitHeight: Tokens.hair
        color: Tokens.border
    }
}
