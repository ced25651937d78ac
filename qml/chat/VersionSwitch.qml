import QtQuick

/// Which of a message's versions is shown, and the way to the others: ‹ 2/3 ›
Row {
    id: root

    required property int version
    required property int versions

    signal switched(step: int)

    visible: root.versions > 1

    EtnaIconButton {
        anchors.verticalCenter: parent.verticalCenter
        symbol: "chevron-down"
        rotation: 90
        enabled: root.version > 1
        text: qsTr("The version before")
        onClicked: root.switched(-1)
    }
    EtnaText {
        anchors.verticalCenter: parent.verticalCenter
        text: qsTr("%1/%2", "version, versions").arg(root.version).arg(root.versions)
        size: EtnaText.Small
        color: Tokens.text2
        Accessible.name: qsTr("Version %1 of %2").arg(root.version).arg(root.versions)
    }
    EtnaIconButton {
        anchors.verticalCenter: parent.verticalCenter
        symbol: "chevron-down"
        rotation: -90
        enabled: root.version < root.versions
        text: qsTr("The next version")
        onClicked: root.switched(1)
    }
}
