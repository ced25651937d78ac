import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// A server between Etna and the hub.
SettingBlock {
    id: root

    required property AccessController access

    readonly property bool manual: root.access.proxy === AccessController.ManualProxy
    readonly property bool changed: address.text !== root.access.proxyAddress || user.text !== root.access.proxyUser
        || except.text !== root.access.noProxy || password.text !== ""

    function focusControl() {
        modes.focusCurrent()
    }
    function save() {
        if (!root.access.useProxy(address.text, user.text, except.text))
            return
        address.text = root.access.proxyAddress
        except.text = root.access.noProxy
        if (password.text !== "")
            root.access.setProxyPassword(password.text)
        password.clear()
    }

    label: qsTr("Proxy")
    note: root.access.proxyNote
    locked: root.access.proxyLocked
    problem: root.access.proxyProblem

    EtnaSegments {
        id: modes

        name: qsTr("Proxy")
        choices: [qsTr("System"), qsTr("None"), qsTr("Manual")]
        current: root.access.proxy
        enabled: root.access.proxyLocked === ""
        onChosen: index => root.access.proxy = index
    }
    GridLayout {
        Layout.fillWidth: true
        visible: root.manual && root.access.proxyLocked === ""
        columns: root.width > 2 * Tokens.list ? 2 : 1
        columnSpacing: Tokens.m
        rowSpacing: Tokens.s

        EtnaText {
            text: qsTr("Address")
            size: EtnaText.Small
            color: Tokens.text2
        }
        EtnaTextField {
            id: address

            Layout.fillWidth: true
            name: qsTr("Address of the proxy")
            placeholderText: "http://proxy.example.org:3128"
            text: root.access.proxyAddress
            inputMethodHints: Qt.ImhUrlCharactersOnly
            onAccepted: root.save()
        }
        EtnaText {
            text: qsTr("Name")
            size: EtnaText.Small
            color: Tokens.text2
        }
        EtnaTextField {
            id: user

            Layout.fillWidth: true
            name: qsTr("Name for the proxy")
            placeholderText: qsTr("if it asks for one")
            text: root.access.proxyUser
            onAccepted: root.save()
        }
        EtnaText {
            text: qsTr("Password")
            size: EtnaText.Small
            color: Tokens.text2
        }
        EtnaTextField {
            id: password

            Layout.fillWidth: true
            name: qsTr("Password for the proxy")
            placeholderText: root.access.hasProxyPassword ? qsTr("One is kept; type to change it") : qsTr("if it asks for one")
            echoMode: TextInput.Password
            inputMethodHints: Qt.ImhHiddenText | Qt.ImhSensitiveData | Qt.ImhNoPredictiveText
            onAccepted: root.save()
        }
        EtnaText {
            text: qsTr("Not for")
            size: EtnaText.Small
            color: Tokens.text2
        }
        EtnaTextField {
            id: except

            Layout.fillWidth: true
            name: qsTr("Hosts that are asked without the proxy")
            placeholderText: "localhost,.example.org"
            text: root.access.noProxy
            onAccepted: root.save()
        }
    }
    Flow {
        Layout.fillWidth: true
        visible: root.manual && root.access.proxyLocked === ""
        spacing: Tokens.s

        EtnaButton {
            text: qsTr("Use this proxy")
            enabled: root.changed
            onClicked: root.save()
        }
        EtnaButton {
            visible: root.access.hasProxyPassword
            text: qsTr("Forget the password")
            onClicked: root.access.setProxyPassword("")
        }
    }
}
