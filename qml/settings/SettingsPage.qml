pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// What can be chosen. Everything applies at once.
FocusScope {
    id: root

    required property SettingsController controller
    required property LibraryController library
    required property Machine machine
    required property AccessController access

    /// Where "back" leads; empty: nobody was sent here.
    property string backText: ""

    signal folderWanted()
    signal backWanted()
    signal connectionsWanted()
    signal promptsWanted()

    /// Leads to what a HubWay needs.
    function show(way: int) {
        switch (way) {
        case HubWay.AddToken:
        case HubWay.ChangeToken: return token.focusField()
        case HubWay.NetworkSettings: return connection.focusAddress()
        case HubWay.ProxySettings: return connection.focusProxy()
        case HubWay.AddCertificate: return connection.focusCertificate()
        case HubWay.OfflineSettings: return connection.focusOffline()
        default: return root.forceActiveFocus(Qt.TabFocusReason)
        }
    }

    onVisibleChanged: {
        if (root.visible)
            root.access.refresh()
    }

    Rectangle {
        anchors.fill: parent
        color: Tokens.surface
    }
    PageHeader {
        id: header

        anchors { left: parent.left; right: parent.right; top: parent.top }
        title: qsTr("Settings")

        EtnaButton {
            anchors.verticalCenter: parent.verticalCenter
            visible: root.backText !== ""
            text: root.backText
            tip: qsTr("Esc")
            kind: root.access.signedIn ? EtnaButton.Primary : EtnaButton.Secondary
            onClicked: root.backWanted()
        }
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
            width: Math.min(Tokens.column, root.width - 2 * Tokens.xl)
            spacing: Tokens.m

            SettingsGroup {
                title: qsTr("Appearance")

                SettingRow {
                    label: qsTr("Colours")
                    note: qsTr("System follows the desktop.")

                    EtnaSegments {
                        name: qsTr("Colours")
                        choices: [qsTr("System"), qsTr("Light"), qsTr("Dark")]
                        current: root.controller.theme
                        onChosen: index => root.controller.theme = index
                    }
                }
                SettingRow {
                    label: qsTr("Text size")
                    note: qsTr("Also with Ctrl and +, − or 0.")

                    EtnaText {
                        text: qsTr("%1 %").arg(Math.round(100 * root.controller.fontScale))
                        font.family: Tokens.mono
                        font.pixelSize: Tokens.fontCode
                        color: Tokens.text2
                    }
                    EtnaSlider {
                        name: qsTr("Text size")
                        from: 0.8
                        to: 2
                        stepSize: 0.1
                        snapMode: Slider.SnapAlways
                        value: root.controller.fontScale
                        onMoved: root.controller.fontScale = value
                    }
                }
                SettingRow {
                    label: qsTr("Reduce motion")
                    note: qsTr("Nothing slides or fades.")
                    last: true

                    EtnaSwitch {
                        name: qsTr("Reduce motion")
                        checked: root.controller.reduceMotion
                        onToggled: root.controller.reduceMotion = checked
                    }
                }
            }
            SettingsGroup {
                title: qsTr("Models")

                SettingRow {
                    label: qsTr("Device")
                    note: root.library.reloadNeeded ? qsTr("Takes effect when the model is loaded again.")
                        : qsTr("Where models run.")

                    EtnaButton {
                        visible: root.library.reloadNeeded
                        text: qsTr("Reload now")
                        onClicked: root.library.retry()
                    }
                    EtnaComboBox {
                        name: qsTr("Device")
                        implicitWidth: Tokens.list
                        model: root.machine.deviceNames
                        currentIndex: root.machine.known ? root.machine.deviceIndex(root.controller.device) : 0
                        onActivated: index => root.controller.device = root.machine.deviceId(index)
                    }
                }
                SettingRow {
                    label: qsTr("Models folder")
                    note: root.controller.modelsFolder

                    EtnaButton {
                        text: qsTr("Choose…")
                        onClicked: root.folderWanted()
                    }
                }
                SettingRow {
                    label: qsTr("Load the last model at start")
                    note: qsTr("Skipped once if loading it ended Etna before.")
                    last: true

                    EtnaSwitch {
                        name: qsTr("Load the last model at start")
                        checked: root.controller.loadAtStart
                        onToggled: root.controller.loadAtStart = checked
                    }
                }
            }
            TokenSettings {
                id: token

                access: root.access
            }
            ConnectionSettings {
                id: connection

                access: root.access
            }
            DownloadSettings {
                access: root.access
            }
            SettingsGroup {
                title: qsTr("Chat")

                SettingRow {
                    label: qsTr("Enter sends the message")
                    note: root.controller.enterSends ? qsTr("Shift+Enter begins a new line.")
                        : qsTr("Ctrl+Enter sends, Enter begins a new line.")
                    last: true

                    EtnaSwitch {
                        name: qsTr("Enter sends the message")
                        checked: root.controller.enterSends
                        onToggled: root.controller.enterSends = checked
                    }
                }
            }
            SettingsGroup {
                title: qsTr("Memory")

                SettingRow {
                    label: qsTr("Kept prompts")
                    note: qsTr("What is kept of chats in memory and on disk, and how much.")
                    wraps: true
                    last: true

                    EtnaButton {
                        text: qsTr("Show")
                        Accessible.name: qsTr("Show kept prompts")
                        onClicked: root.promptsWanted()
                    }
                }
            }
            EtnaText {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.s
                text: qsTr("Etna %1 · What you write stays on this computer. Etna contacts Hugging Face only when you search or download.").arg(App.version)
                size: EtnaText.Small
                color: Tokens.text3
                wrapMode: Text.Wrap
            }
            EtnaButton {
                Layout.leftMargin: -Tokens.m
                text: qsTr("See every connection it can make")
                kind: EtnaButton.Quiet
                onClicked: root.connectionsWanted()
            }
        }
    }
}
