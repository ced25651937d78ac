import QtQuick
import Etna.Gui

/// What is loaded, how much memory it takes, where it runs, how fast it is.
FocusScope {
    id: root

    required property LibraryController library
    required property ChatController chats
    required property MemoryMonitor memory
    required property DownloadsController downloads

    signal modelClicked()
    signal memoryClicked()
    signal downloadsClicked()
    signal deviceClicked()
    signal speedClicked()

    implicitHeight: Tokens.strip
    Accessible.role: Accessible.StatusBar
    Accessible.name: qsTr("Status")

    Rectangle {
        anchors.fill: parent
        color: Tokens.sunken
    }
    Rectangle {
        anchors { left: parent.left; right: parent.right; top: parent.top }
        height: Tokens.hair
        color: Tokens.border
    }
    Row {
        anchors {
            left: parent.left
            leftMargin: Tokens.xs
            top: parent.top
            topMargin: Tokens.hair
            bottom: parent.bottom
        }

        StripSegment {
            text: root.library.loaded ? root.library.name
                : root.library.loading ? qsTr("Loading %1").arg(root.library.name) : qsTr("No model")
            tip: qsTr("Choose a model (Ctrl+L)")
            dot: root.library.loaded ? Tokens.ok : root.library.loading ? Tokens.accent : Tokens.text3
            onClicked: root.modelClicked()
        }
        StripSegment {
            text: qsTr("%1 %2", "memory amounts, then one word for the pressure")
                .arg(root.memory.text).arg(root.memory.word)
            tip: qsTr("Memory in use by Etna (Ctrl+4)")
            gauge: root.memory.fraction
            gaugeColor: root.memory.pressure === MemoryMonitor.Calm ? Tokens.ok
                : root.memory.pressure === MemoryMonitor.Critical ? Tokens.bad : Tokens.warn
            shape: ["●", "▲", "■", "◆"][root.memory.pressure]
            onClicked: root.memoryClicked()
        }
        StripSegment {
            visible: root.downloads.stripText !== ""
            text: root.downloads.stripText
            tip: qsTr("Downloads (Ctrl+J)")
            ticking: true
            onClicked: root.downloadsClicked()
        }
        StripSegment {
            visible: root.library.loaded && root.width >= Tokens.column
            text: root.library.device
            tip: qsTr("Choose the device in Settings")
            onClicked: root.deviceClicked()
        }
    }
    StripSegment {
        anchors {
            right: parent.right
            rightMargin: Tokens.xs
            top: parent.top
            topMargin: Tokens.hair
            bottom: parent.bottom
        }
        visible: root.chats.speed !== ""
        text: root.chats.speed
        tip: qsTr("Speed of the last reply")
        ticking: true
        onClicked: root.speedClicked()
    }
}
