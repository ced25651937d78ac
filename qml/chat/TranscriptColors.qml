import Etna.Transcript

/// How a transcript looks: the colours and fonts of the screens.
TranscriptTheme {
    text: Tokens.text
    text2: Tokens.text2
    text3: Tokens.text3
    surface: Tokens.surface
    window: Tokens.window
    sunken: Tokens.sunken
    border: Tokens.border
    controlBorder: Tokens.controlBorder
    selection: Tokens.selection
    accent: Tokens.accent
    link: Tokens.info
    found: Tokens.found
    foundNow: Tokens.foundNow
    keyword: Tokens.chart[3]
    string: Tokens.ok
    number: Tokens.accent
    type: Tokens.info
    family: Tokens.family
    mono: Tokens.mono
    scale: Tokens.scale
}
