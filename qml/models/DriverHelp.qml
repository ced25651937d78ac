import QtQuick
import QtQuick.Layouts

/// How to get a graphics device that Etna can use.
EtnaPopup {
    id: root

    name: qsTr("Graphics drivers")
    padding: Tokens.xl
    width: Math.min(2 * Tokens.list + Tokens.xxl, parent ? parent.width - 2 * Tokens.xl : Tokens.list)

    contentItem: ColumnLayout {
        spacing: Tokens.m

        EtnaText {
            text: root.name
            size: EtnaText.Title
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Etna needs a driver for Vulkan 1.2. On Debian 12 and similar systems:")
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("AMD and Intel: install the package mesa-vulkan-drivers.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("NVIDIA: install the package nvidia-driver (section non-free-firmware).")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaText {
            Layout.fillWidth: true
            text: qsTr("Then log out and in again, and start Etna. The command “vulkaninfo --summary” (package vulkan-tools) lists what is found.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        EtnaButton {
            Layout.alignment: Qt.AlignRight
            text: qsTr("Close")
            focus: true
            onClicked: root.close()
        }
    }
}
