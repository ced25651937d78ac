pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Etna.Gui

/// Code with its language and Copy. Long lines scroll or wrap; long code folds once it is complete.
Rectangle {
    id: root

    required property string html
    required property string code
    required property string language
    property bool growing: false

    property bool wrapped: false
    property bool open: false

    readonly property int lines: words.lineCount
    readonly property int foldedLines: 30
    readonly property bool folds: root.lines > root.foldedLines && !root.growing
    readonly property int shownHeight: root.folds && !root.open ? root.foldedLines * words.contentHeight / root.lines : words.contentHeight

    signal textChosen()

    implicitHeight: head.height + view.height + (more.visible ? more.height : 0)
    radius: Tokens.radiusCard
    color: Tokens.window
    border.width: Tokens.hair
    border.color: Tokens.border

    Item {
        id: head

        anchors { left: parent.left; right: parent.right }
        height: Tokens.row

        EtnaText {
            anchors { left: parent.left; leftMargin: Tokens.m; verticalCenter: parent.verticalCenter }
            text: root.language === "" ? qsTr("code") : root.language
            size: EtnaText.Small
            color: Tokens.text2
        }
        Row {
            anchors { right: parent.right; rightMargin: Tokens.xs; verticalCenter: parent.verticalCenter }

            EtnaIconButton {
                extent: Tokens.row - Tokens.s
                symbol: "wrap"
                text: root.wrapped ? qsTr("Don't wrap long lines") : qsTr("Wrap long lines")
                onClicked: root.wrapped = !root.wrapped
            }
            EtnaIconButton {
                extent: Tokens.row - Tokens.s
                symbol: "copy"
                text: qsTr("Copy the code")
                onClicked: App.copy(root.code)
            }
        }
        Rectangle {
            anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
            height: Tokens.hair
            color: Tokens.border
        }
    }
    Flickable {
        id: view

        anchors { left: parent.left; right: parent.right; top: head.bottom; margins: Tokens.hair }
        height: root.shownHeight + 2 * Tokens.m
        contentWidth: words.width + 2 * Tokens.m
        contentHeight: height
        clip: true
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        interactive: contentWidth > width

        ScrollBar.horizontal: EtnaScrollBar {}

        SelectableText {
            id: words

            x: Tokens.m
            y: Tokens.m
            width: root.wrapped ? view.width - 2 * Tokens.m : implicitWidth
            wrapMode: root.wrapped ? TextEdit.WrapAnywhere : TextEdit.NoWrap
            text: Tokens.codeDocument(root.html)
            plain: root.code
            font.family: Tokens.mono
            font.pixelSize: Tokens.fontCode
            font.preferShaping: false
            onTextChosen: root.textChosen()
        }
    }
    EtnaButton {
        id: more

        anchors { bottom: parent.bottom; horizontalCenter: parent.horizontalCenter }
        visible: root.folds
        kind: EtnaButton.Quiet
        text: root.open ? qsTr("Show less") : qsTr("Show all %1 lines").arg(root.lines)
        onClicked: root.open = !root.open
    }
}
