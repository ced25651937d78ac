pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// One model on this computer, with details that unfold.
ItemDelegate {
    id: root

    required property int index
    required property string path
    required property string name
    required property string publisher
    required property string parameters
    required property string version
    required property string size
    required property string memory
    required property string used
    required property string folder
    required property bool online
    required property int condition
    required property string conditionText
    required property bool selected
    required property bool open
    required property list<string> details
    required property string checkText
    required property string spoken
    required property LibraryColumns columns

    signal selectWanted(modifiers: int)
    signal foldWanted()
    signal menuWanted()
    signal repairWanted()
    signal trashWanted()

    readonly property bool spoilt: root.condition === ShelfList.Damaged || root.condition === ShelfList.Unreadable
    readonly property color conditionColor: root.spoilt ? Tokens.bad : root.condition === ShelfList.InMemory ? Tokens.ok
        : root.condition === ShelfList.Away ? Tokens.warn : Tokens.text2

    component Cell: EtnaText {
        size: EtnaText.Small
        color: root.online ? Tokens.text2 : Tokens.text3
        elide: Text.ElideRight
        Accessible.ignored: true
    }

    implicitHeight: line.implicitHeight + (root.spoilt ? trouble.implicitHeight + Tokens.s : 0)
        + (root.open ? unfolded.implicitHeight + Tokens.m : 0)
    padding: 0
    Accessible.role: Accessible.ListItem
    Accessible.name: root.spoken
    Accessible.selected: root.selected

    // A row is a button, which would take the key for itself.
    Keys.onSpacePressed: root.selectWanted(Qt.ControlModifier)

    contentItem: Item {
        RowLayout {
            id: line

            width: parent.width
            height: implicitHeight
            spacing: Tokens.l

            EtnaCheckBox {
                Layout.leftMargin: Tokens.m
                Layout.preferredHeight: Tokens.row + Tokens.s
                activeFocusOnTab: false
                name: qsTr("Select %1").arg(root.name)
                checked: root.selected
                onToggled: root.selectWanted(Qt.ControlModifier)
            }
            Column {
                Layout.fillWidth: true

                EtnaText {
                    width: parent.width
                    text: root.name
                    font.weight: Font.Medium
                    color: root.online ? Tokens.text : Tokens.text3
                    elide: Text.ElideMiddle
                    Accessible.ignored: true
                }
                Row {
                    width: parent.width
                    spacing: Tokens.s

                    Cell {
                        id: told

                        visible: text !== ""
                        text: root.columns.showsCondition || root.condition === ShelfList.Verified ? "" : root.conditionText
                        color: root.conditionColor
                    }
                    Cell {
                        width: parent.width - (told.visible ? told.width + Tokens.s : 0)
                        visible: text !== ""
                        text: root.publisher
                        color: Tokens.text3
                    }
                }
            }
            Cell {
                Layout.preferredWidth: root.columns.parameters
                visible: root.columns.showsParameters
                text: root.parameters
                horizontalAlignment: Text.AlignRight
            }
            Cell {
                Layout.preferredWidth: root.columns.version
                visible: root.columns.showsVersion
                text: root.version
            }
            Cell {
                Layout.preferredWidth: root.columns.size
                text: root.size
                horizontalAlignment: Text.AlignRight
            }
            Cell {
                Layout.preferredWidth: root.columns.memory
                visible: root.columns.showsMemory
                text: root.memory
                horizontalAlignment: Text.AlignRight
            }
            Cell {
                Layout.preferredWidth: root.columns.used
                visible: root.columns.showsUsed
                text: root.used
            }
            Cell {
                Layout.preferredWidth: root.columns.folder
                visible: root.columns.showsFolder
                text: root.folder
            }
            Cell {
                Layout.preferredWidth: root.columns.condition
                visible: root.columns.showsCondition
                text: root.conditionText
                color: root.conditionColor
            }
            Row {
                Layout.preferredWidth: root.columns.tools
                Layout.rightMargin: Tokens.m
                spacing: Tokens.xs

                EtnaIconButton {
                    activeFocusOnTab: false
                    symbol: root.open ? "arrow-up" : "chevron-down"
                    text: root.open ? qsTr("Hide details of %1").arg(root.name) : qsTr("Details of %1").arg(root.name)
                    onClicked: root.foldWanted()
                }
                EtnaIconButton {
                    activeFocusOnTab: false
                    symbol: "more"
                    text: qsTr("What can be done with %1").arg(root.name)
                    onClicked: root.menuWanted()
                }
            }
        }
        RowLayout {
            id: trouble

            anchors {
                left: parent.left
                leftMargin: Tokens.m + Tokens.iconLarge + Tokens.l
                right: parent.right
                rightMargin: Tokens.l
                top: line.bottom
            }
            visible: root.spoilt
            spacing: Tokens.m

            EtnaText {
                Layout.fillWidth: true
                text: root.condition === ShelfList.Damaged
                    ? qsTr("The file is damaged: its checksum is not the one it should have.") : root.checkText
                size: EtnaText.Small
                color: Tokens.bad
                wrapMode: Text.Wrap
            }
            EtnaButton {
                visible: root.condition === ShelfList.Damaged
                text: qsTr("Repair (%1)").arg(root.size)
                tip: qsTr("Loads again only the pieces of %1 that are damaged, where that is known").arg(root.name)
                onClicked: root.repairWanted()
            }
            EtnaButton {
                text: qsTr("Move to Trash")
                kind: EtnaButton.Quiet
                tip: root.name
                onClicked: root.trashWanted()
            }
        }
        ColumnLayout {
            id: unfolded

            anchors {
                left: parent.left
                leftMargin: Tokens.m + Tokens.iconLarge + Tokens.l
                right: parent.right
                rightMargin: Tokens.l
                top: root.spoilt ? trouble.bottom : line.bottom
                topMargin: root.spoilt ? Tokens.s : 0
            }
            visible: root.open
            spacing: 2

            Repeater {
                model: root.open ? root.details : []

                EtnaText {
                    required property string modelData

                    Layout.fillWidth: true
                    text: modelData
                    size: EtnaText.Small
                    color: Tokens.text2
                    elide: Text.ElideMiddle
                }
            }
        }
    }
    background: Rectangle {
        radius: Tokens.radiusControl
        color: root.selected ? Tokens.selection : root.hovered ? Tokens.hover : Tokens.transparent

        FocusRing {
            anchors.margins: 1
            control: root
        }
    }

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: root.menuWanted()
    }
    TapHandler {
        acceptedModifiers: Qt.ControlModifier
        onTapped: root.selectWanted(Qt.ControlModifier)
    }
    TapHandler {
        acceptedModifiers: Qt.ShiftModifier
        onTapped: root.selectWanted(Qt.ShiftModifier)
    }
    TapHandler {
        acceptedModifiers: Qt.NoModifier
        onTapped: root.selectWanted(Qt.NoModifier)
    }
}
