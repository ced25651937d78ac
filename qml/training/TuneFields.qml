pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Etna.Gui

/// Settings of a run, one below the other.
Repeater {
    id: root

    required property TuneSettings settings

    delegate: TuneField {
        Layout.fillWidth: true
        controller: root.settings
    }
}
