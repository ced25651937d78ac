pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// What the columns are for, where the file does not say.
ColumnLayout {
    id: root

    required property DataDesk desk

    spacing: Tokens.s

    EtnaText {
        Layout.fillWidth: true
        text: qsTr("What the columns are for")
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Repeater {
        model: root.desk.columns

        RowLayout {
            id: row

            required property int index
            required property string name
            required property int role
            required property string example

            Layout.fillWidth: true
            spacing: Tokens.m

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                EtnaText {
                    Layout.fillWidth: true
                    text: row.name
                    font.family: Tokens.mono
                    elide: Text.ElideRight
                }
                EtnaText {
                    Layout.fillWidth: true
                    text: row.example
                    size: EtnaText.Small
                    color: Tokens.text2
                    elide: Text.ElideRight
                }
            }
            EtnaComboBox {
                Layout.preferredWidth: 4 * Tokens.row
                name: qsTr("What “%1” is for").arg(row.name)
                model: root.desk.roles
                currentIndex: row.role
                onActivated: index => root.desk.setRole(row.index, index)
            }
        }
    }
}
