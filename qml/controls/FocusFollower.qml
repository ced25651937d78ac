import QtQuick

/// Keeps what the keyboard has reached in sight of a page that scrolls.
Item {
    id: root

    required property Flickable page
    required property FocusScope scope

    readonly property Item focused: root.Window.activeFocusItem

    function show(item: Item) {
        const top = item.mapToItem(root.page.contentItem, 0, 0).y
        const highest = Math.max(0, root.page.contentHeight - root.page.height)
        if (top - Tokens.xl < root.page.contentY)
            root.page.contentY = Math.max(0, Math.min(highest, top - Tokens.xl))
        else if (top + item.height + Tokens.xl > root.page.contentY + root.page.height)
            root.page.contentY = Math.max(0, Math.min(highest, top + item.height + Tokens.xl - root.page.height))
    }

    onFocusedChanged: {
        if (root.focused && root.scope.visible && root.scope.activeFocus && root.focused !== root.scope)
            root.show(root.focused)
    }
}
