import QtQuick
import QtQuick.Controls.Basic

/// How a reply went, in one line that opens all there is to know of it.
AbstractButton {
    id: root

    required property string line
    required property real limit

    implicitWidth: Math.min(Math.ceil(words.implicitWidth), root.limit)
    implicitHeight: words.height
    hoverEnabled: true
    Accessible.role: Accessible.Button
    Accessible.name: root.line
    Accessible.description: qsTr("Shows the details of this reply")

    contentItem: Item {
        EtnaText {
            id: words

            width: root.width
            text: root.line
            size: EtnaText.Small
            color: root.hovered ? Tokens.text : Tokens.text2
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
    }
    background: Item {
        FocusRing { control: root }
    }

    EtnaToolTip {
        text: qsTr("Details")
        shown: root.hovered
    }
}
