import QtQuick
import QtQuick.Window

/// A stroke icon of resources/icons in any colour.
Image {
    id: root

    required property string name
    property color color: Tokens.text2
    property int size: Tokens.icon

    width: root.size
    height: root.size
    sourceSize.width: root.size * Screen.devicePixelRatio
    sourceSize.height: root.size * Screen.devicePixelRatio
    source: root.name === "" ? "" : `image://icons/${root.name}?${root.color}`
    Accessible.ignored: true
}
