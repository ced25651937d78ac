import QtQuick
import Etna.Transcript

/// A picture that a reply points to. Nothing is fetched by itself: that would tell its server who reads this.
Rectangle {
    id: root

    required property TranscriptSlot slot

    signal wanted(link: string)

    // The address decides where it comes from, whatever the text says.
    readonly property string host: new URL(root.slot.link || "https://unknown").hostname

    implicitHeight: Tokens.row + Tokens.s
    radius: Tokens.radiusCard
    color: Tokens.window
    border.width: Tokens.hair
    border.color: Tokens.border
    Accessible.role: Accessible.Graphic
    Accessible.name: words.text

    EtnaText {
        id: words

        anchors { left: parent.left; leftMargin: Tokens.m; right: open.left; verticalCenter: parent.verticalCenter }
        text: root.slot.title === "" ? qsTr("Image from %1").arg(root.host)
            : qsTr("Image from %1: %2").arg(root.host).arg(root.slot.title)
        color: Tokens.text2
        elide: Text.ElideRight
        Accessible.ignored: true
    }
    EtnaButton {
        id: open

        anchors { right: parent.right; rightMargin: Tokens.xs; verticalCenter: parent.verticalCenter }
        kind: EtnaButton.Quiet
        text: qsTr("Open")
        tip: root.slot.link
        onClicked: root.wanted(root.slot.link)
    }
}
