pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// The files of a repository, folded.
ColumnLayout {
    id: root

    required property CardController controller

    property bool open: false

    spacing: Tokens.xs
    visible: root.controller.fileNames.length > 0

    EtnaButton {
        text: root.open ? qsTr("Hide the files") : qsTr("Show the files (%1)").arg(root.controller.fileNames.length)
        kind: EtnaButton.Quiet
        onClicked: root.open = !root.open
    }
    Repeater {
        model: root.open ? root.controller.fileNames : []

        RowLayout {
            id: file

            required property string modelData
            required property int index

            Layout.fillWidth: true
            Layout.leftMargin: Tokens.m
            spacing: Tokens.m

            EtnaText {
                Layout.fillWidth: true
                text: file.modelData
                size: EtnaText.Small
                font.family: Tokens.mono
                elide: Text.ElideMiddle
            }
            EtnaText {
                text: root.controller.fileSizes[file.index]
                size: EtnaText.Small
                color: Tokens.text2
            }
        }
    }
}
