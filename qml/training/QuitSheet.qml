pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Closing the window while a run is at work never ends it silently.
EtnaPopup {
    id: root

    required property TrainingController controller
    required property bool downloading
    property bool pausing: false

    signal quitWanted()

    name: qsTr("Quit Etna")
    padding: Tokens.xl
    width: Math.min(2 * Tokens.list, parent ? parent.width - 2 * Tokens.xl : Tokens.list)
    onOpened: {
        root.pausing = false
        quit.forceActiveFocus(Qt.TabFocusReason)
    }

    contentItem: ColumnLayout {
        spacing: Tokens.l

        EtnaText {
            Layout.fillWidth: true
            text: root.downloading ? qsTr("A download and a training run are still going.") : qsTr("A training run is still going.")
            size: EtnaText.Title
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.pausing ? qsTr("Saving what it learned so far…") : qsTr("Nothing is lost: it goes on from where it was when you come back.")
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        Flow {
            Layout.fillWidth: true
            spacing: Tokens.s

            EtnaButton {
                id: quit

                text: root.downloading ? qsTr("Pause them and quit") : qsTr("Pause it and quit")
                kind: EtnaButton.Primary
                enabled: !root.pausing
                onClicked: {
                    root.pausing = true
                    root.controller.pauseForQuit()
                }
            }
            EtnaButton {
                text: qsTr("Cancel")
                onClicked: root.close()
            }
        }
    }

    Connections {
        target: root.controller

        function onQuitReady() {
            if (root.visible)
                root.quitWanted()
        }
    }
}
