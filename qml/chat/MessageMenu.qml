import QtQuick
import Etna.Gui

/// What else can be done with a message.
EtnaIconButton {
    id: root

    required property ChatController controller
    required property int row

    symbol: "more"
    text: qsTr("More")
    visible: !root.controller.temporary
    onClicked: menu.open()

    EtnaMenu {
        id: menu

        y: root.height

        EtnaMenuItem {
            text: qsTr("Branch from here")
            onTriggered: root.controller.branch(root.row)
        }
        EtnaMenuItem {
            text: qsTr("Delete this message")
            onTriggered: root.controller.removeMessage(root.row)
        }
    }
}
