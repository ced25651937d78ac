pragma Singleton

import QtQuick
import Etna.Gui

/// Every colour, size, duration and font of the screens.
QtObject {
    id: root

    readonly property bool dark: App.settings.dark
    readonly property real scale: App.settings.fontScale

    // Grounds
    readonly property color window: dark ? "#161513" : "#F6F5F2"
    readonly property color surface: dark ? "#1F1E1B" : "#FFFFFF"
    readonly property color sunken: dark ? "#11100F" : "#ECEAE5"
    readonly property color selection: dark ? "#3B2A21" : "#F3DDD3"
    readonly property color found: dark ? "#4A3D14" : "#F7E3A8"
    readonly property color foundNow: dark ? "#7A5410" : "#F0B36A"
    // Text
    readonly property color text: dark ? "#F2EFEA" : "#1C1B19"
    readonly property color text2: dark ? "#BDB7AE" : "#57534E"
    readonly property color text3: dark ? "#9A948B" : "#69635C"
    // Lines
    readonly property color border: dark ? "#35322D" : "#D9D5CE"
    readonly property color controlBorder: dark ? "#7B756C" : "#857F76"
    // Meaning
    readonly property color accent: dark ? "#F08A5D" : "#B4451F"
    // Text on accent. (A name like onAccent would declare a signal handler.)
    readonly property color accentInk: dark ? "#2A1208" : "#FFFFFF"
    readonly property color ok: dark ? "#5CC48E" : "#1A6E45"
    readonly property color warn: dark ? "#E0A83C" : "#8A5A00"
    readonly property color bad: dark ? "#FF8A80" : "#B3261E"
    readonly property color info: dark ? "#8AB4F8" : "#2B5FA8"
    readonly property color focus: info
    readonly property color transparent: "transparent"
    // Five kinds of use, then other programs, Etna's window, and what is free
    readonly property list<color> chart: dark
        ? ["#8AB4F8", "#F08A5D", "#5CC48E", "#C9A2F2", "#E0A83C", "#9A948B", "#7B756C", "#2A2825"]
        : ["#2B5FA8", "#B4451F", "#1A6E45", "#7A3E9D", "#8A5A00", "#69635C", "#A39C92", "#ECEAE5"]
    // A veil over what lies below a control, for hover and press
    readonly property color hover: Qt.rgba(text.r, text.g, text.b, 0.06)
    readonly property color press: Qt.rgba(text.r, text.g, text.b, 0.10)
    readonly property color shadow: Qt.rgba(0, 0, 0, dark ? 0.3 : 0.06)
    readonly property color shade: Qt.rgba(0, 0, 0, dark ? 0.5 : 0.28)

    // Fonts
    readonly property string family: "Inter"
    readonly property string mono: "JetBrains Mono"
    readonly property int fontSmall: Math.round(12 * scale)
    readonly property int lineSmall: Math.round(16 * scale)
    readonly property int fontBody: Math.round(14 * scale)
    readonly property int lineBody: Math.round(20 * scale)
    readonly property int fontReading: Math.round(15 * scale)
    readonly property int lineReading: Math.round(24 * scale)
    readonly property int fontHeading: Math.round(17 * scale)
    readonly property int fontCode: Math.round(13 * scale)
    readonly property int lineCode: Math.round(20 * scale)
    readonly property int fontTitle: Math.round(20 * scale)
    readonly property int lineTitle: Math.round(28 * scale)
    readonly property int fontPage: Math.round(24 * scale)
    readonly property int linePage: Math.round(32 * scale)

    // Lengths on the 4 px grid
    readonly property int hair: 1
    readonly property int xs: 4
    readonly property int s: 8
    readonly property int m: 12
    readonly property int l: 16
    readonly property int xl: 24
    readonly property int xxl: 32
    readonly property int row: Math.round(36 * scale)
    readonly property int control: Math.round(32 * scale)
    readonly property int header: Math.round(48 * scale)
    readonly property int strip: Math.round(28 * scale)
    readonly property int icon: Math.round(16 * scale)
    readonly property int iconLarge: Math.round(20 * scale)
    readonly property int radiusControl: 6
    readonly property int radiusCard: 10
    readonly property int radiusSheet: 14
    readonly property int railWide: Math.round(200 * scale)
    readonly property int railNarrow: 56
    readonly property int list: Math.round(260 * scale)
    readonly property int inspector: Math.round(320 * scale)
    // Window widths below which the list of chats floats, the inspector does, and the rail shows symbols only
    readonly property int listBreak: 480 + 2 * list
    readonly property int inspectorBreak: 780 + inspector
    readonly property int railBreak: 800 + 2 * railWide
    readonly property int column: Math.round(720 * scale)
    readonly property int columnFirstRun: Math.round(640 * scale)
    readonly property int follow: 48
    readonly property int card: Math.round(420 * scale)
    readonly property int columnPage: Math.round(960 * scale)
    readonly property int bar: Math.round(24 * scale)
    readonly property int swatch: Math.round(12 * scale)
    readonly property int plot: Math.round(220 * scale)

    // Durations
    readonly property int quick: App.settings.reduceMotion ? 0 : 120
    readonly property int pane: App.settings.reduceMotion ? 0 : 180
    readonly property int toast: 10000

    /// Text of a reply as a rich text document: with our fonts, colours and line height.
    function document(html: string, line: int): string {
        return `<style>p{margin:0;line-height:${line}px} a{color:${info};text-decoration:underline}`
            + ` code{font-family:'${mono}';font-size:${fontCode}px;background-color:${sunken}}</style><p>${html}</p>`
    }

    /// A row of training data: what is learned of it is tinted.
    function tinted(html: string): string {
        return `<style>.l{background-color:${selection}}</style><div style="white-space:pre-wrap">${html}</div>`
    }

    /// Code, with every space kept.
    function codeDocument(html: string): string {
        return `<p style="margin:0;line-height:${lineCode}px;white-space:pre">${html}</p>`
    }
}
