pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Above the table: how much there is, what is selected, and a filter.
RowLayout {
    id: root

    required property ShelfController shelf

    readonly property ShelfList models: root.shelf.models
    readonly property bool choosing: root.models.selectedCount > 0

    signal moveWanted()
    signal listWanted()

    function focusFilter() {
        filter.forceActiveFocus(Qt.ShortcutFocusReason)
    }

    spacing: Tokens.s

    EtnaText {
        Layout.fillWidth: true
        text: root.choosing ? qsTr("%n selected", "", root.models.selectedCount)
            : root.models.filter !== "" ? qsTr("%1 of %2 models").arg(root.models.count).arg(root.models.total)
            : root.shelf.summary
        color: Tokens.text2
        elide: Text.ElideRight
    }
    EtnaButton {
        visible: root.choosing
        text: qsTr("Move to…")
        symbol: "folder"
        onClicked: root.moveWanted()
    }
    EtnaButton {
        visible: root.choosing
        text: qsTr("Move to Trash")
        symbol: "trash"
        onClicked: root.shelf.trash("")
    }
    EtnaButton {
        visible: root.choosing
        text: qsTr("Select none")
        kind: EtnaButton.Quiet
        onClicked: root.models.selectNone()
    }
    EtnaSearchField {
        id: filter

        Layout.preferredWidth: 0.75 * Tokens.list
        visible: !root.choosing && (root.models.total > 1 || text !== "")
        name: qsTr("Filter models by name, publisher, version or folder")
        placeholderText: qsTr("Filter")
        onTextEdited: root.models.filter = text
        onCleared: root.models.filter = ""
        Keys.onDownPressed: root.listWanted()
        // Before the window takes the key for itself.
        Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape && text !== ""
        Keys.onEscapePressed: {
            clear()
            root.models.filter = ""
        }

        Connections {
            target: root.models

            function onFilterChanged() {
                if (filter.text !== root.models.filter)
                    filter.text = root.models.filter
            }
        }
    }
    EtnaIconButton {
        symbol: "refresh"
        text: qsTr("Look again")
        enabled: !root.shelf.looking
        onClicked: root.shelf.refresh()
    }
}
