#pragma once

#include <QString>
#include <optional>

#include "gui/chat/store/chat_records.h"

namespace etna::gui {

constexpr qint64 largest_attachment = 4'000'000;  ///< bytes: about a million tokens

/// A file that somebody wants to attach, or why it can't be.
struct TextFile {
  std::optional<chats::Attachment> attachment;
  QString problem;        ///< a sentence with the file's name
  bool is_model = false;  ///< a folder with a model in it: nothing to attach, but to load
};

/// Reads a text or source file: UTF-8, with or without a byte order mark (which is left out), at most
/// largest_attachment bytes, no NUL or other control characters. Works on the disk: not for the GUI thread. Anything
/// but a regular file is refused unopened.
TextFile read_text_file(const QString& path);

/// The same rules for text that comes from elsewhere.
TextFile text_file_of(const QString& name, std::string bytes);

}  // namespace etna::gui
