import QtQuick

/// How wide the columns of the library are, and which there is room for beside a name that can be read (14 em).
QtObject {
    id: root

    required property real room

    readonly property int em: Tokens.fontBody
    readonly property bool showsCondition: root.room >= 84 * root.em
    readonly property bool showsVersion: root.room >= 42 * root.em
    readonly property bool showsMemory: root.room >= 50 * root.em
    readonly property bool showsFolder: root.room >= 60 * root.em
    readonly property bool showsParameters: root.room >= 67 * root.em
    readonly property bool showsUsed: root.room >= 74 * root.em
    readonly property int parameters: Math.round(5.5 * root.em)
    readonly property int version: Math.round(9.5 * root.em)
    readonly property int size: Math.round(5.5 * root.em)
    readonly property int memory: Math.round(6 * root.em)
    readonly property int used: Math.round(6 * root.em)
    readonly property int folder: Math.round(9.5 * root.em)
    readonly property int condition: Math.round(8.5 * root.em)
    readonly property int tools: 2 * Tokens.control + Tokens.xs
}
