pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// One truth about memory: what is used, by whom, since when, and what Etna may use.
FocusScope {
    id: root

    required property MemoryMonitor monitor
    required property MemoryLimits limits
    required property PromptsController prompts
    required property SnapshotsController snapshots

    readonly property color tone: root.monitor.pressure === MemoryMonitor.Calm ? Tokens.ok
        : root.monitor.pressure === MemoryMonitor.Critical ? Tokens.bad : Tokens.warn

    signal pickerWanted()

    component Section: ColumnLayout {
        id: section

        required property string title
        property alias tools: tools.data
        default property alias content: content.data
        property int inset: Tokens.l

        Layout.fillWidth: true
        Layout.bottomMargin: Tokens.m
        spacing: Tokens.s

        RowLayout {
            spacing: Tokens.m

            EtnaText {
                Layout.fillWidth: true
                text: section.title
                font.weight: Font.DemiBold
                Accessible.role: Accessible.Heading
            }
            Row { id: tools }
        }
        Rectangle {
            Layout.fillWidth: true
            implicitHeight: content.implicitHeight + 2 * section.inset
            radius: Tokens.radiusCard
            color: Tokens.transparent
            border.width: Tokens.hair
            border.color: Tokens.border

            ColumnLayout {
                id: content

                anchors { left: parent.left; right: parent.right; top: parent.top; margins: section.inset }
                spacing: 0
            }
        }
    }

    /// Details are open and in sight.
    function showEnd() {
        details.open = true
        page.contentY = Qt.binding(() => Math.max(0, page.contentHeight - page.height))
    }

    /// Kept prompts are in sight.
    function showPrompts() {
        page.contentY = Math.max(0, Math.min(page.contentHeight - page.height, kept.y + column.y - Tokens.m))
    }

    onVisibleChanged: {
        root.monitor.pageVisible = root.visible
        root.prompts.active = root.visible
        root.snapshots.active = root.visible
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    PageHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: parent.top }
        title: qsTr("Memory")
    }
    FocusFollower {
        page: page
        scope: root
    }
    Flickable {
        id: page

        anchors { left: parent.left; right: parent.right; top: header.bottom; bottom: parent.bottom }
        contentHeight: column.implicitHeight + 2 * Tokens.xl
        clip: true
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        ColumnLayout {
            id: column

            x: (parent.width - width) / 2
            y: Tokens.xl
            width: Math.min(Tokens.columnPage, root.width - 2 * Tokens.xl)
            spacing: Tokens.m

            RowLayout {
                Layout.bottomMargin: Tokens.s
                spacing: Tokens.m

                EtnaText {
                    Layout.alignment: Qt.AlignTop
                    text: ["●", "▲", "■", "◆"][root.monitor.pressure]
                    size: EtnaText.Title
                    color: root.tone
                    Accessible.ignored: true
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: root.monitor.sentence
                    size: EtnaText.Title
                    font.weight: Font.Medium
                    wrapMode: Text.Wrap
                }
            }
            Section {
                title: qsTr("Now")

                MemoryNow {
                    Layout.fillWidth: true
                    monitor: root.monitor
                }
            }
            Section {
                title: qsTr("Timeline")
                tools: EtnaSegments {
                    name: qsTr("How far back")
                    choices: [qsTr("60 s"), qsTr("10 min"), qsTr("1 h")]
                    current: root.monitor.history.range
                    onChosen: index => root.monitor.history.range = index
                }

                MemoryTimeline {
                    Layout.fillWidth: true
                    history: root.monitor.history
                }
            }
            Section {
                title: qsTr("Loaded")
                inset: 0

                MemoryModels {
                    Layout.fillWidth: true
                    models: root.monitor.models
                    onPickerWanted: root.pickerWanted()
                }
            }
            Section {
                title: qsTr("Limits")
                inset: 0

                MemoryLimitsCard {
                    Layout.fillWidth: true
                    limits: root.limits
                }
            }
            Section {
                id: kept

                title: qsTr("Kept prompts")
                inset: 0

                KeptPromptsCard {
                    Layout.fillWidth: true
                    prompts: root.prompts
                }
            }
            Section {
                title: qsTr("Context snapshots")
                inset: 0

                SnapshotsCard {
                    Layout.fillWidth: true
                    snapshots: root.snapshots
                }
            }
            MemoryDetails {
                id: details

                Layout.fillWidth: true
                monitor: root.monitor
            }
        }
    }
}
