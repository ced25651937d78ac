import QtQuick

/// How much of what models may use one would take, in a glance. The words beside it say the same.
Item {
    id: root

    required property int fit  ///< as the engine's classes; below 0: not known
    required property real share

    readonly property color tone: root.fit < 0 ? Tokens.text3 : root.fit === 0 ? Tokens.ok
        : root.fit === 3 ? Tokens.bad : Tokens.warn

    implicitHeight: Tokens.s
    implicitWidth: 3 * Tokens.row
    Accessible.ignored: true

    Rectangle {
        anchors.fill: parent
        radius: height / 2
        color: Tokens.sunken
        border.width: Tokens.hair
        border.color: Tokens.border
    }
    Rectangle {
        width: Math.max(height, parent.width * root.share)
        height: parent.height
        visible: root.share >= 0
        radius: height / 2
        color: root.tone
    }
}
