#pragma once

#include <string>

#include "gui/chat/attachments/attached_file.h"

namespace etna::gui {

/// A message as the model reads it: each file's name and content in a fence, in their order, then the message.
///
///     File: notes.md
///     ```md
///     (content)
///     ```
///
///     What does this say?
///
/// The fence is longer than any run of backticks in the content, so no file ends early or speaks as the person; names
/// are on one line. The word after the fence is the name's suffix where it is plain letters and digits. A file that is
/// not text (of an import) is named with its size only.
std::string with_attachments(const std::string& text, const AttachedFiles& files);

}  // namespace etna::gui
