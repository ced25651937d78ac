import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Etna.Gui

/// The way to the hub: whether at all, to which address, through what, trusting whom.
SettingsGroup {
    id: root

    required property AccessController access

    function focusOffline() {
        offline.forceActiveFocus(Qt.TabFocusReason)
    }
    function focusAddress() {
        address.forceActiveFocus(Qt.TabFocusReason)
    }
    function focusProxy() {
        proxy.focusControl()
    }
    function focusCertificate() {
        certificate.forceActiveFocus(Qt.TabFocusReason)
    }

    title: qsTr("Connection")

    SettingRow {
        label: qsTr("Offline mode")
        note: root.access.offlineLocked !== "" ? root.access.offlineLocked
            : qsTr("Etna connects to nobody. Your models and chats work as ever; downloads wait.")
        wraps: true

        EtnaSwitch {
            id: offline

            name: qsTr("Offline mode")
            checked: root.access.offline
            enabled: root.access.offlineLocked === ""
            onToggled: root.access.offline = checked
        }
    }
    SettingBlock {
        id: endpoint

        readonly property bool decided: root.access.endpointLocked !== ""
        readonly property bool isNew: address.text !== root.access.endpoint

        label: qsTr("Address of the hub")
        note: root.access.isMirror ? qsTr("Searches and downloads go to %1 instead of Hugging Face.").arg(root.access.host)
            : qsTr("Hugging Face itself. A mirror with the same interface can stand in for it.")
        locked: root.access.endpointLocked
        problem: root.access.endpointProblem
        answer: root.access.endpointAnswer

        EtnaTextField {
            id: address

            property string used: ""

            Layout.fillWidth: true
            name: qsTr("Address of the hub")
            text: root.access.endpoint
            enabled: !endpoint.decided
            inputMethodHints: Qt.ImhUrlCharactersOnly
            onAccepted: root.access.useEndpoint(text)

            Connections {
                target: root.access

                // Not what is half typed, unless the address in use has become another one.
                function onApplied() {
                    if (address.used === root.access.endpoint)
                        return
                    address.used = root.access.endpoint
                    address.text = root.access.endpoint
                }
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                visible: !endpoint.decided
                text: qsTr("Use this address")
                enabled: endpoint.isNew
                onClicked: root.access.useEndpoint(address.text)
            }
            EtnaButton {
                text: root.access.tryingEndpoint ? qsTr("Testing…") : qsTr("Test")
                tip: qsTr("Asks for one model there, without a token")
                enabled: !root.access.tryingEndpoint
                onClicked: root.access.tryEndpoint(address.text)
            }
            EtnaButton {
                visible: root.access.isMirror && !endpoint.decided
                text: qsTr("Back to Hugging Face")
                onClicked: root.access.useEndpoint("")
            }
        }
    }
    SettingRow {
        visible: root.access.isMirror
        label: qsTr("Send my token to %1").arg(root.access.host)
        note: root.access.tokenGoesAnyway ? qsTr("Decided by the environment, which names both.")
            : qsTr("Who runs that server could use the token as you. Only if you trust them with it.")
        wraps: true

        EtnaSwitch {
            name: qsTr("Send my token to %1").arg(root.access.host)
            checked: root.access.endpointGetsToken
            enabled: !root.access.tokenGoesAnyway
            onToggled: root.access.endpointGetsToken = checked
        }
    }
    ProxySettings {
        id: proxy

        access: root.access
    }
    SettingBlock {
        label: qsTr("Extra certificate")
        note: root.access.caText
        problem: root.access.caProblem
        last: true

        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                id: certificate

                text: root.access.hasCaFile ? qsTr("Choose another file…") : qsTr("Choose a file…")
                tip: qsTr("Certificates in PEM form")
                onClicked: dialog.open()
            }
            EtnaButton {
                visible: root.access.hasCaFile
                text: qsTr("Remove the certificate")
                onClicked: root.access.forgetCaFile()
            }
        }
        FileDialog {
            id: dialog

            title: qsTr("Choose a certificate to trust")
            nameFilters: [qsTr("Certificates (*.pem *.crt *.cer)"), qsTr("All files (*)")]
            onAccepted: root.access.useCaFile(dialog.selectedFile)
        }
    }
}
