import QtQuick

/// The heading of a group of chats. In a file of its own: a view of Qt 6.4 cannot make bound components for its sections.
QtObject {
    readonly property Component heading: Component {
        EtnaText {
            required property string section

            width: parent ? parent.width : 0
            leftPadding: Tokens.s
            topPadding: Tokens.m
            bottomPadding: Tokens.xs
            text: section
            size: EtnaText.Small
            color: Tokens.text3
            elide: Text.ElideRight
        }
    }
}
