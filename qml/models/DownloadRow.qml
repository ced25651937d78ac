pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// One download: how far it is or why it stands still, and what to do.
Control {
    id: root

    required property int index
    required property double downloadId
    required property string name
    required property string version
    required property string repository
    required property int state
    required property string sentence
    required property double progress
    required property bool busy
    required property bool canPause
    required property string details
    required property bool needsRoom
    required property string spoken

    readonly property bool troubled: root.state === DownloadList.Failed || root.state === DownloadList.NeedsAccess
        || root.state === DownloadList.OutOfSpace

    signal pauseWanted()
    signal resumeWanted()
    signal useWanted()
    signal pageWanted()
    signal tokenWanted()
    signal spaceWanted()
    signal folderWanted()
    signal keepWanted()
    signal removeWanted()
    signal detailsWanted()
    signal dragged(y: real)

    implicitHeight: column.implicitHeight + 2 * Tokens.m
    padding: 0
    Accessible.role: Accessible.ListItem
    Accessible.name: root.spoken

    contentItem: Item {
        EtnaIconButton {
            id: grip

            anchors { left: parent.left; leftMargin: Tokens.xs; top: parent.top; topMargin: Tokens.m - Tokens.xs }
            extent: Tokens.control - Tokens.xs
            activeFocusOnTab: false
            visible: root.state !== DownloadList.Done
            symbol: "grip"
            text: qsTr("Drag to change the order; Ctrl+Up and Ctrl+Down do the same")

            DragHandler {
                target: null
                onCentroidChanged: {
                    if (active)
                        root.dragged(root.mapFromItem(grip, centroid.position).y)
                }
            }
        }
        ColumnLayout {
            id: column

            anchors {
                left: grip.right
                leftMargin: Tokens.s
                right: parent.right
                rightMargin: Tokens.m
                top: parent.top
                topMargin: Tokens.m
            }
            spacing: Tokens.xs

            RowLayout {
                Layout.fillWidth: true
                spacing: Tokens.s

                EtnaText {
                    Layout.fillWidth: true
                    text: root.version === "" ? root.name : qsTr("%1 · %2").arg(root.name).arg(root.version)
                    font.weight: Font.Medium
                    elide: Text.ElideMiddle
                    Accessible.ignored: true
                }
                EtnaIconButton {
                    visible: root.canPause
                    symbol: "pause"
                    text: qsTr("Pause %1").arg(root.name)
                    onClicked: root.pauseWanted()
                }
                EtnaIconButton {
                    visible: root.state === DownloadList.Paused
                    symbol: "play"
                    text: qsTr("Resume %1").arg(root.name)
                    onClicked: root.resumeWanted()
                }
                EtnaIconButton {
                    symbol: root.state === DownloadList.Done ? "close" : "more"
                    text: root.state === DownloadList.Done ? qsTr("Take %1 off the list; it stays in the library").arg(root.name)
                        : qsTr("Cancel %1").arg(root.name)
                    onClicked: {
                        if (root.state === DownloadList.Done)
                            root.keepWanted()
                        else
                            menu.popup()
                    }
                }
            }
            EtnaProgressBar {
                Layout.fillWidth: true
                visible: root.state !== DownloadList.Done && (root.progress >= 0 || root.busy)
                name: qsTr("Progress of %1").arg(root.name)
                indeterminate: root.progress < 0
                value: Math.max(0, root.progress)
                opacity: root.busy ? 1 : 0.5
            }
            EtnaText {
                Layout.fillWidth: true
                text: root.sentence
                size: EtnaText.Small
                color: root.state === DownloadList.Failed ? Tokens.bad : root.troubled ? Tokens.warn
                    : root.state === DownloadList.Done ? Tokens.ok : Tokens.text2
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
            Flow {
                Layout.fillWidth: true
                Layout.topMargin: Tokens.xs
                visible: root.troubled || root.state === DownloadList.Done || root.state === DownloadList.Reconnecting
                spacing: Tokens.s

                EtnaButton {
                    visible: root.state === DownloadList.Done
                    text: qsTr("Use in new chat")
                    kind: EtnaButton.Secondary
                    Accessible.description: root.name
                    onClicked: root.useWanted()
                }
                EtnaButton {
                    visible: root.state === DownloadList.OutOfSpace
                    text: qsTr("Free up space")
                    Accessible.description: root.name
                    onClicked: root.spaceWanted()
                }
                EtnaButton {
                    visible: root.needsRoom
                    text: qsTr("Other folder…")
                    tip: qsTr("%1 goes on there; what has arrived goes with it").arg(root.name)
                    onClicked: root.folderWanted()
                }
                EtnaButton {
                    visible: root.state === DownloadList.NeedsAccess
                    text: qsTr("Open licence page")
                    Accessible.description: root.name
                    onClicked: root.pageWanted()
                }
                EtnaButton {
                    visible: root.state === DownloadList.NeedsAccess
                    text: qsTr("Add token")
                    Accessible.description: root.name
                    onClicked: root.tokenWanted()
                }
                EtnaButton {
                    visible: root.troubled || root.state === DownloadList.Reconnecting
                    text: root.state === DownloadList.Reconnecting ? qsTr("Now") : qsTr("Try again")
                    Accessible.description: root.name
                    onClicked: root.resumeWanted()
                }
                EtnaButton {
                    visible: root.state === DownloadList.Failed
                    text: qsTr("Copy details")
                    kind: EtnaButton.Quiet
                    Accessible.description: root.name
                    onClicked: root.detailsWanted()
                }
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.hovered ? Tokens.hover : Tokens.transparent

        Rectangle {
            anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
            height: Tokens.hair
            color: Tokens.border
        }
        FocusRing {
            anchors.margins: 1
            control: root
        }
    }

    EtnaMenu {
        id: menu

        EtnaMenuItem {
            text: qsTr("Cancel, keep what has arrived")
            onTriggered: root.keepWanted()
        }
        EtnaMenuItem {
            text: qsTr("Cancel, remove what has arrived")
            onTriggered: root.removeWanted()
        }
    }
}
