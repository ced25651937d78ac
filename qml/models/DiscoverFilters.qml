pragma ComponentBehavior: Bound

import QtQuick
import Etna.Gui

/// The conditions of a search.
Flow {
    id: root

    required property DiscoverController controller

    component Choice: EtnaComboBox {
        id: choice

        property string longest: ""

        implicitWidth: measure.advanceWidth + Tokens.m + Tokens.icon + 2 * Tokens.s
        TextMetrics {
            id: measure

            font.family: Tokens.family
            font.pixelSize: Tokens.fontBody
            text: choice.longest
        }
    }

    spacing: Tokens.s

    EtnaCheckBox {
        name: qsTr("Fits this computer")
        text: qsTr("Fits this computer")
        checked: root.controller.onlyFitting
        rightPadding: Tokens.s
        onToggled: root.controller.onlyFitting = checked
    }
    Choice {
        name: qsTr("Size")
        longest: model[3]
        model: root.controller.sizes
        currentIndex: root.controller.size
        onActivated: index => root.controller.size = index
    }
    Choice {
        name: qsTr("What it can do")
        longest: model[6]
        model: root.controller.abilities
        currentIndex: root.controller.ability
        onActivated: index => root.controller.ability = index
    }
    Choice {
        name: qsTr("Format")
        longest: model[0]
        model: root.controller.formats
        currentIndex: root.controller.format
        onActivated: index => root.controller.format = index
    }
    Choice {
        name: qsTr("Licence")
        longest: model[0]
        model: root.controller.licenses
        currentIndex: root.controller.license
        onActivated: index => root.controller.license = index
    }
    Choice {
        name: qsTr("Order")
        longest: model[0]
        model: root.controller.sorts
        currentIndex: root.controller.sort
        onActivated: index => root.controller.sort = index
    }
}
