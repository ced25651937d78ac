pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

/// In place of a list: what the matter is, why, and what to do about it.
ColumnLayout {
    id: root

    required property string title
    required property string sentence
    required property list<string> actions
    property bool primary: true

    signal acted(index: int)

    spacing: Tokens.s
    Accessible.role: Accessible.AlertMessage
    Accessible.name: root.title
    Accessible.description: root.sentence

    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.title
        size: EtnaText.Title
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
    }
    EtnaText {
        Layout.fillWidth: true
        visible: text !== ""
        text: root.sentence
        color: Tokens.text2
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
    }
    RowLayout {
        Layout.alignment: Qt.AlignHCenter
        Layout.topMargin: Tokens.m
        spacing: Tokens.s

        Repeater {
            model: root.actions

            EtnaButton {
                required property string modelData
                required property int index

                text: modelData
                kind: index === 0 && root.primary ? EtnaButton.Primary : EtnaButton.Secondary
                onClicked: root.acted(index)
            }
        }
    }
}
