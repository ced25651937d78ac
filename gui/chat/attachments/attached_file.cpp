#include "gui/chat/attachments/attached_file.h"

#include <QLocale>

#include "gui/text/format.h"

namespace etna::gui {

QString AttachedFile::detail() const {
  const QString size = format::disk_bytes(file->bytes.size());
  return tokens ? size + QStringLiteral(" · ") + format::tokens(*tokens) : size;
}

AttachedFiles attached_files(std::vector<chats::Attachment> stored) {
  AttachedFiles files;
  files.reserve(stored.size());
  for (chats::Attachment& attachment : stored)
    files.push_back({.file = std::make_shared<const chats::Attachment>(std::move(attachment))});
  return files;
}

std::vector<chats::Attachment> stored_files(const AttachedFiles& files) {
  std::vector<chats::Attachment> stored;
  stored.reserve(files.size());
  for (const AttachedFile& file : files) stored.push_back(*file.file);
  return stored;
}

}  // namespace etna::gui
