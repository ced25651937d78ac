pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Etna.Gui

/// Names of the columns; each sorts.
RowLayout {
    id: root

    required property ShelfList models
    required property LibraryColumns columns

    component Head: AbstractButton {
        id: head

        required property int column
        property bool toRight: false

        readonly property bool chosen: root.models.sortColumn === head.column

        implicitHeight: Tokens.control
        hoverEnabled: true
        Accessible.role: Accessible.ColumnHeader
        Accessible.name: !head.chosen ? qsTr("Sort by %1").arg(head.text)
            : root.models.descending ? qsTr("Sorted by %1, downwards").arg(head.text)
            : qsTr("Sorted by %1, upwards").arg(head.text)
        onClicked: root.models.sortBy(head.column)

        contentItem: EtnaText {
            text: !head.chosen ? head.text : root.models.descending ? qsTr("%1 ↓").arg(head.text) : qsTr("%1 ↑").arg(head.text)
            size: EtnaText.Small
            font.weight: head.chosen ? Font.DemiBold : Font.Medium
            color: head.hovered || head.chosen ? Tokens.text : Tokens.text3
            horizontalAlignment: head.toRight ? Text.AlignRight : Text.AlignLeft
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        background: Item {
            FocusRing { control: head }
        }
    }

    spacing: Tokens.l

    EtnaCheckBox {
        Layout.leftMargin: Tokens.m
        name: qsTr("Select all models")
        checked: root.models.count > 0 && root.models.selectedCount === root.models.count
        onToggled: {
            if (checked)
                root.models.selectAll()
            else
                root.models.selectNone()
        }
    }
    Head { Layout.fillWidth: true; text: qsTr("Name"); column: ShelfList.NameColumn }
    Head {
        Layout.preferredWidth: root.columns.parameters
        visible: root.columns.showsParameters
        text: qsTr("Weights")
        column: ShelfList.ParametersColumn
        toRight: true
    }
    Head {
        Layout.preferredWidth: root.columns.version
        visible: root.columns.showsVersion
        text: qsTr("Version")
        column: ShelfList.VersionColumn
    }
    Head { Layout.preferredWidth: root.columns.size; text: qsTr("Size"); column: ShelfList.SizeColumn; toRight: true }
    Head {
        Layout.preferredWidth: root.columns.memory
        visible: root.columns.showsMemory
        text: qsTr("Memory")
        column: ShelfList.MemoryColumn
        toRight: true
    }
    Head {
        Layout.preferredWidth: root.columns.used
        visible: root.columns.showsUsed
        text: qsTr("Last used")
        column: ShelfList.UsedColumn
    }
    Head {
        Layout.preferredWidth: root.columns.folder
        visible: root.columns.showsFolder
        text: qsTr("Folder")
        column: ShelfList.FolderColumn
    }
    Head {
        Layout.preferredWidth: root.columns.condition
        visible: root.columns.showsCondition
        text: qsTr("State")
        column: ShelfList.StateColumn
    }
    Item {
        Layout.preferredWidth: root.columns.tools
        Layout.rightMargin: Tokens.m
    }
}
