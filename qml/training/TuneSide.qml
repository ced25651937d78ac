pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Where one is, and the runs that there are.
FocusScope {
    id: root

    required property TrainingController controller

    readonly property list<string> names: [qsTr("Model"), qsTr("Data"), qsTr("Settings"), qsTr("Review"), qsTr("Run"), qsTr("Results")]

    Rectangle {
        anchors.fill: parent
        color: Tokens.window
    }
    Rectangle {
        anchors { right: parent.right; top: parent.top; bottom: parent.bottom }
        width: Tokens.hair
        color: Tokens.border
    }
    Flickable {
        id: page

        anchors { fill: parent; margins: Tokens.s }
        contentHeight: column.implicitHeight
        clip: true
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        ColumnLayout {
            id: column

            width: page.width
            spacing: Tokens.xs

            Repeater {
                model: root.names

                TuneStep {
                    id: step

                    required property string modelData
                    required property int index

                    Layout.fillWidth: true
                    text: step.modelData
                    number: step.index + 1
                    current: root.controller.step === step.index
                    done: root.controller.editable ? step.index < root.controller.step : step.index < 4 || root.controller.hasResults
                    enabled: root.controller.editable ? step.index < 4
                        : step.index === 4 || (step.index === 5 && root.controller.hasResults)
                    onClicked: root.controller.goTo(step.index)
                }
            }
            RowLayout {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.l
                Layout.leftMargin: Tokens.s

                EtnaText {
                    Layout.fillWidth: true
                    text: qsTr("Runs")
                    font.weight: Font.DemiBold
                    elide: Text.ElideRight
                    Accessible.role: Accessible.Heading
                }
                EtnaIconButton {
                    symbol: "plus"
                    text: qsTr("New run")
                    onClicked: root.controller.newRun()
                }
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.leftMargin: Tokens.s
                visible: root.controller.runs.count === 0
                text: qsTr("None yet. Drafts are kept here as you go.")
                size: EtnaText.Small
                color: Tokens.text2
                wrapMode: Text.Wrap
            }
            Repeater {
                model: root.controller.runs

                RunRow {
                    id: run

                    required property real runId
                    required property string name

                    Layout.fillWidth: true
                    text: run.name
                    current: root.controller.current === run.runId
                    onClicked: root.controller.showRun(run.runId)
                    onRemoveWanted: root.controller.removeRun(run.runId)
                }
            }
        }
    }
    FocusFollower {
        page: page
        scope: root
    }
}
