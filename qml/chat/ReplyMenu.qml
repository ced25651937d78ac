import QtQuick
import Etna.Gui
import Etna.Transcript

/// What can be done with a message beyond the buttons below it.
EtnaMenu {
    id: root

    required property TranscriptView view
    required property ChatController controller
    property int row: -1
    property int actions: 0
    property bool raw: false
    property bool mine: false

    signal actionWanted(row: int, action: int)
    signal detailsWanted(row: int)
    signal saveWanted(row: int)

    function openFor(slot: TranscriptSlot, button: Item) {
        root.row = slot.row
        root.actions = slot.actions
        root.raw = slot.raw
        root.mine = slot.mine
        root.popup(button, 0, button.height)
    }

    component Choice: EtnaMenuItem {
        property bool offered: true

        visible: offered
        height: offered ? implicitHeight : 0
    }

    Choice {
        text: qsTr("Copy as Markdown")
        onTriggered: root.view.copyMessage(root.row)
    }
    Choice {
        text: qsTr("Copy as plain text")
        onTriggered: root.view.copyPlain(root.row)
    }
    Choice {
        offered: (root.actions & TranscriptSource.Quote) !== 0
        text: qsTr("Quote")
        onTriggered: root.actionWanted(root.row, TranscriptSource.Quote)
    }
    Choice {
        offered: (root.actions & TranscriptSource.Raw) !== 0
        text: root.raw ? qsTr("Show formatted") : qsTr("Show as written")
        onTriggered: root.actionWanted(root.row, TranscriptSource.Raw)
    }
    Choice {
        offered: (root.actions & TranscriptSource.Details) !== 0
        text: qsTr("Details…")
        onTriggered: root.detailsWanted(root.row)
    }
    Choice {
        text: qsTr("Save this context as…")
        onTriggered: root.saveWanted(root.row)
    }
    Choice {
        offered: (root.actions & TranscriptSource.Delete) !== 0 && !root.controller.temporary
        text: qsTr("Delete the message")
        onTriggered: root.actionWanted(root.row, TranscriptSource.Delete)
    }
}
