pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Fine-tune: from a model and a file of examples to a model that answers differently.
FocusScope {
    id: root

    required property TrainingController controller
    required property CompareController compare
    required property ChatController chats

    /// The summary stands beside the step where there is room for it, else below it.
    readonly property bool wide: root.width >= 2 * Tokens.list + 1.6 * Tokens.card
    readonly property bool trying: root.tried === root.controller.current && root.compare.open && !root.compare.inChat && root.controller.step === TrainingController.Results

    property real tried: 0  ///< the run that is compared with its model

    function scrollTo(share: real) {
        page.contentY = share * Math.max(0, page.contentHeight - page.height)
    }

    onVisibleChanged: {
        if (root.visible)
            root.controller.open()
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    PageHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: parent.top }
        title: root.controller.name === "" ? qsTr("Fine-tune") : qsTr("Fine-tune · %1").arg(root.controller.name)
    }
    TuneSide {
        id: side

        anchors { left: parent.left; top: header.bottom; bottom: parent.bottom }
        width: Math.min(Tokens.list, 0.36 * root.width)
        focus: true
        controller: root.controller
    }
    Flickable {
        id: page

        anchors { left: side.right; right: root.wide && summary.visible ? summary.left : parent.right; top: header.bottom; bottom: parent.bottom }
        visible: !root.trying
        contentHeight: column.implicitHeight + 2 * Tokens.xl
        clip: true
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        ColumnLayout {
            id: column

            x: (parent.width - width) / 2
            y: Tokens.xl
            width: Math.min(Tokens.column, page.width - 2 * Tokens.xl)
            spacing: Tokens.l

            RunNotice {
                Layout.fillWidth: true
                visible: root.controller.troubleText !== ""
                title: qsTr("Runs can't be kept now")
                text: root.controller.troubleText
                tone: Tokens.bad
            }
            StepModel {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Model
                controller: root.controller
            }
            StepData {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Data
                controller: root.controller
            }
            StepSettings {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Settings
                controller: root.controller
            }
            StepReview {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Review
                controller: root.controller
            }
            StepRun {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Run
                controller: root.controller
            }
            StepResults {
                Layout.fillWidth: true
                visible: root.controller.step === TrainingController.Results
                controller: root.controller
                onTryWanted: {
                    root.tried = root.controller.current
                    root.controller.tryOut(root.compare)
                }
            }
            EtnaButton {
                Layout.topMargin: Tokens.s
                visible: root.controller.editable && root.controller.step < TrainingController.Review
                text: qsTr("Next")
                kind: EtnaButton.Primary
                enabled: root.controller.canContinue
                onClicked: {
                    root.controller.goTo(root.controller.step + 1)
                    page.contentY = 0
                }
            }
            TuneSummary {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.m
                visible: !root.wide && root.controller.editable
                controller: root.controller
            }
        }
    }
    FocusFollower {
        page: page
        scope: root
    }
    Flickable {
        id: summary

        anchors { right: parent.right; top: header.bottom; bottom: parent.bottom }
        width: Tokens.list + Tokens.xxl
        visible: root.wide && root.controller.editable
        contentHeight: words.implicitHeight + 2 * Tokens.l
        clip: true
        boundsBehavior: Flickable.StopAtBounds

        ScrollBar.vertical: EtnaScrollBar {}

        Rectangle {
            width: Tokens.hair
            height: Math.max(summary.height, summary.contentHeight)
            color: Tokens.border
        }
        TuneSummary {
            id: words

            x: Tokens.l
            y: Tokens.l
            width: summary.width - 2 * Tokens.l
            controller: root.controller
        }
    }
    AttachmentSheet {
        id: sheet

        place: root
    }
    Toast {
        id: toast

        anchors { bottom: parent.bottom; bottomMargin: Tokens.m; horizontalCenter: parent.horizontalCenter }
    }
    Connections {
        target: root.controller

        function onSaid(sentence: string) {
            toast.show(sentence)
        }
    }
    Compare {
        anchors { left: side.right; right: parent.right; top: header.bottom; bottom: parent.bottom }
        visible: root.trying
        controller: root.compare
        chats: root.chats
        onFileWanted: (name, text) => sheet.show(name, text)
    }
}
