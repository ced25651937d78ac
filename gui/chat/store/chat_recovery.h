#pragma once

#include <filesystem>

#include "gui/chat/store/chat_records.h"
#include "gui/store/backup.h"

namespace etna::chats {

/// Puts what can be read of a damaged database, and what of the newest backup is missing there, into a new one at the
/// same path. The damaged file is renamed and stays. `vfs` for tests.
OpenReport recover(const std::filesystem::path& path, const store::Backups& backups, const std::string& vfs = {});

/// A recovery that the program's end cut off at its last step is brought to its end. Before a store is opened.
void finish_recovery(const std::filesystem::path& path);

}  // namespace etna::chats
