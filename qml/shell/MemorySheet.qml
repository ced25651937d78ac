pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Who holds how much memory.
EtnaPopup {
    id: root

    required property MemoryMonitor memory

    name: qsTr("Memory")
    padding: Tokens.l
    width: 1.5 * Tokens.list

    contentItem: ColumnLayout {
        spacing: Tokens.s

        EtnaText {
            text: qsTr("Memory is %1", "calm, busy, tight or critical").arg(root.memory.word)
            font.weight: Font.DemiBold
        }
        EtnaText {
            Layout.fillWidth: true
            text: root.memory.detail
            size: EtnaText.Small
            color: Tokens.text2
            wrapMode: Text.Wrap
        }
        Repeater {
            model: root.memory

            RowLayout {
                id: line

                required property string name
                required property string amount

                Layout.fillWidth: true
                Layout.topMargin: Tokens.xs
                spacing: Tokens.l

                EtnaText {
                    Layout.fillWidth: true
                    text: line.name
                    elide: Text.ElideRight
                }
                EtnaText {
                    text: line.amount
                    font.family: Tokens.mono
                    color: Tokens.text2
                }
            }
        }
    }
}
