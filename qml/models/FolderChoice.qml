import QtQuick.Dialogs

/// Asks for the folder that something goes to.
FolderDialog {
    id: root

    property string path: ""
    property double downloadId: 0

    signal chosen(folder: url)

    onAccepted: root.chosen(root.selectedFolder)
}
