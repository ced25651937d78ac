pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A run at work, or one that can go on. Leaving this page changes nothing about it.
ColumnLayout {
    id: root

    required property TrainingController controller
    readonly property RunView view: root.controller.view

    spacing: Tokens.m

    RunPhases {
        Layout.fillWidth: true
        phase: root.view.phase
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width < 1.4 * Tokens.card ? 1 : 2
        columnSpacing: Tokens.m
        rowSpacing: Tokens.s

        EtnaText {
            Layout.fillWidth: true
            text: root.view.live && root.view.stepText !== "" ? root.view.stepText : root.view.stateText
            font.family: root.view.live && root.view.stepText !== "" ? Tokens.mono : Tokens.family
            wrapMode: Text.Wrap
        }
        Row {
            spacing: Tokens.s

            EtnaButton {
                visible: root.view.live
                text: root.view.paused ? qsTr("Continue") : root.view.pausing ? qsTr("Pausing…") : qsTr("Pause")
                symbol: root.view.paused ? "play" : "pause"
                enabled: !root.view.pausing
                onClicked: root.view.paused ? root.controller.goOn() : root.controller.pause()
            }
            EtnaButton {
                id: stop

                visible: root.view.live
                text: qsTr("Stop ▾", "opens a menu")
                Accessible.name: qsTr("Stop")
                onClicked: menu.popup(stop, 0, stop.height + Tokens.xs)

                EtnaMenu {
                    id: menu

                    EtnaMenuItem {
                        text: qsTr("Stop and keep what it learned")
                        onTriggered: root.controller.stop(true)
                    }
                    EtnaMenuItem {
                        text: qsTr("Stop and throw away")
                        onTriggered: root.controller.stop(false)
                    }
                    EtnaMenuItem { text: qsTr("Go on") }
                }
            }
            EtnaButton {
                visible: root.view.resumeText !== ""
                text: root.view.resumeText
                kind: EtnaButton.Primary
                symbol: "play"
                enabled: !root.controller.active
                onClicked: root.controller.goOn()
            }
        }
    }
    EtnaProgressBar {
        Layout.fillWidth: true
        name: qsTr("Steps done")
        value: root.view.progress
    }
    RunNotice {
        Layout.fillWidth: true
        visible: root.view.noticeTitle !== ""
        title: root.view.noticeTitle
        text: root.view.noticeBody
        tone: Tokens.bad

        EtnaButton {
            visible: root.view.unstable
            text: qsTr("Copy settings and try again with half")
            onClicked: root.controller.tryHalf()
        }
        EtnaButton {
            text: qsTr("Copy settings")
            kind: EtnaButton.Quiet
            onClicked: root.controller.copySettings()
        }
    }
    RunNotice {
        Layout.fillWidth: true
        visible: root.view.hint !== ""
        text: root.view.hint
        tone: Tokens.warn

        EtnaButton {
            text: qsTr("Stop and keep what it learned")
            onClicked: root.controller.stop(true)
        }
        EtnaButton {
            text: qsTr("Go on")
            kind: EtnaButton.Quiet
            onClicked: root.view.dismissHint()
        }
    }
    RunNotice {
        Layout.fillWidth: true
        visible: root.view.warning !== "" && root.view.live
        text: root.view.warning
        tone: Tokens.warn
    }
    LossCard {
        Layout.fillWidth: true
        loss: root.view.loss
    }
    RunSamples {
        Layout.fillWidth: true
        Layout.topMargin: Tokens.s
        view: root.view
    }
}
