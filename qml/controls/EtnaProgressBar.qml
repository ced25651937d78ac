import QtQuick
import QtQuick.Controls.Basic

/// How far a job is; a third of the bar while nobody knows.
ProgressBar {
    id: root

    required property string name

    implicitHeight: Tokens.xs
    Accessible.name: root.name

    contentItem: Item {
        Rectangle {
            width: parent.width * (root.indeterminate ? 0.33 : root.visualPosition)
            height: parent.height
            radius: height / 2
            color: Tokens.accent
        }
    }
    background: Rectangle {
        radius: height / 2
        color: Tokens.border
    }
}
