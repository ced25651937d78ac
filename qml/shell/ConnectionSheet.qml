import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Every server that Etna can talk to, and when it does.
EtnaPopup {
    id: root

    required property AccessController access

    component Host: ColumnLayout {
        id: host

        required property string name
        required property string when

        spacing: 0
        Layout.fillWidth: true

        EtnaText {
            Layout.fillWidth: true
            text: host.name
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            wrapMode: Text.WrapAnywhere
        }
        EtnaText {
            Layout.fillWidth: true
            text: host.when
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
    }

    name: qsTr("Connections")
    padding: Tokens.xl
    width: Math.min(2 * Tokens.list + Tokens.xxl, parent ? parent.width - 2 * Tokens.xl : Tokens.list)
    onOpened: close.forceActiveFocus(Qt.TabFocusReason)

    contentItem: ColumnLayout {
        spacing: Tokens.m

        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Every connection that Etna can make")
            size: EtnaText.Title
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        Host {
            name: root.access.known ? root.access.host : "huggingface.co"
            when: root.access.offline ? qsTr("Never: offline mode is on.")
                : qsTr("When you search, open a model, download one, or check a token.")
        }
        Host {
            name: "*.huggingface.co, *.hf.co"
            when: root.access.offline ? qsTr("Never: offline mode is on.")
                : qsTr("When you download: it sends large files from other servers of its own. They get no token.")
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Nothing else: no updates, no statistics, no account of Etna. Links open in your browser.")
            wrapMode: Text.Wrap
        }
        EtnaButton {
            id: close

            Layout.alignment: Qt.AlignRight
            text: qsTr("Close")
            focus: true
            onClicked: root.close()
        }
    }
}
