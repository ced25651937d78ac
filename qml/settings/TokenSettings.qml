import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The account at Hugging Face: whose token is in use, where it is, another one.
SettingsGroup {
    id: root

    required property AccessController access

    readonly property bool locked: root.access.tokenLocked !== ""
    readonly property bool entering: root.access.known && !root.locked && (!root.access.signedIn || root.changing)
    property bool changing: false
    property bool asking: false

    function focusField() {
        if (root.locked)
            return check.forceActiveFocus(Qt.TabFocusReason)
        root.changing = true
        field.forceActiveFocus(Qt.TabFocusReason)
    }
    function send() {
        if (field.text !== "")
            root.access.signIn(field.text)
        field.clear()
    }

    title: qsTr("Hugging Face account")

    Connections {
        target: root.access

        function onSignedInAs() {
            root.changing = false
            check.forceActiveFocus(Qt.TabFocusReason)
        }
    }
    SettingBlock {
        label: root.access.tokenText
        note: root.access.tokenNote
        locked: root.access.tokenLocked
        problem: root.access.tokenProblem
        last: true

        GridLayout {
            Layout.fillWidth: true
            visible: root.entering
            columns: root.width > 2 * Tokens.list ? 3 : 1
            columnSpacing: Tokens.s
            rowSpacing: Tokens.s

            EtnaTextField {
                id: field

                Layout.fillWidth: true
                name: qsTr("Access token")
                placeholderText: qsTr("Paste a token: hf_…")
                echoMode: TextInput.Password
                inputMethodHints: Qt.ImhHiddenText | Qt.ImhSensitiveData | Qt.ImhNoPredictiveText
                enabled: !root.access.checkingToken
                onAccepted: root.send()
            }
            EtnaButton {
                text: root.access.checkingToken ? qsTr("Checking…") : qsTr("Check and save")
                enabled: !root.access.checkingToken && field.text !== ""
                onClicked: root.send()
            }
            EtnaButton {
                visible: root.access.signedIn
                text: qsTr("Keep the old one")
                kind: EtnaButton.Quiet
                onClicked: root.changing = false
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                id: check

                visible: root.access.signedIn && !root.entering && !root.asking
                text: root.access.checkingToken ? qsTr("Checking…") : qsTr("Check")
                tip: qsTr("Asks Hugging Face whose token it is")
                enabled: !root.access.checkingToken
                onClicked: root.access.checkToken()
            }
            EtnaButton {
                visible: root.access.signedIn && !root.entering && !root.asking && !root.locked
                text: qsTr("Change…")
                onClicked: root.focusField()
            }
            EtnaButton {
                visible: root.access.signedIn && !root.entering && !root.asking && !root.locked
                text: root.access.tokenIsShared ? qsTr("Sign out…") : qsTr("Sign out")
                onClicked: {
                    if (root.access.tokenIsShared) {
                        root.asking = true
                        confirm.forceActiveFocus(Qt.TabFocusReason)
                    } else {
                        root.access.signOut()
                    }
                }
            }
            EtnaText {
                height: Tokens.control
                visible: root.asking
                text: qsTr("Other programs use this file, too.")
            }
            EtnaButton {
                id: confirm

                visible: root.asking
                text: qsTr("Sign out for all")
                onClicked: {
                    root.asking = false
                    root.access.signOut()
                }
            }
            EtnaButton {
                visible: root.asking
                text: qsTr("Stay signed in")
                onClicked: root.asking = false
            }
            EtnaButton {
                visible: root.entering
                text: qsTr("Get a token")
                kind: EtnaButton.Quiet
                tip: qsTr("Opens Hugging Face in the browser. A token that may read is enough.")
                onClicked: App.openLink("https://huggingface.co/settings/tokens")
            }
        }
    }
}
