#pragma once

#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gui/chat/store/chat_records.h"

namespace etna::gui {

/// A file of a message or a draft. Its bytes are UTF-8 text, shared by whoever shows, keeps or sends it.
struct AttachedFile {
  std::shared_ptr<const chats::Attachment> file;
  std::optional<std::uint64_t> tokens = {};  ///< none: not counted, or no model is loaded

  QString name() const { return QString::fromStdString(file->name); }

  /// "3.1 kB · 1,250 tokens", "3.1 kB".
  QString detail() const;

  friend bool operator==(const AttachedFile&, const AttachedFile&) = default;
};

using AttachedFiles = std::vector<AttachedFile>;

AttachedFiles attached_files(std::vector<chats::Attachment> stored);
std::vector<chats::Attachment> stored_files(const AttachedFiles& files);

}  // namespace etna::gui
