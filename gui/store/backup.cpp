#include "gui/store/backup.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

namespace etna::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::system_clock;

constexpr int pages_at_a_time = 512;
constexpr std::string_view time_form = "2026-11-21T18-30-05";

std::tm utc(system_clock::time_point moment) {
  return fmt::gmtime(system_clock::to_time_t(moment));
}

std::optional<system_clock::time_point> parse_time(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H-%M-%S", &parts) == nullptr) return {};
  return system_clock::from_time_t(::timegm(&parts));
}

/// A new name survives a power cut only when its folder is on the disk, too.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

bool is_daily(const std::string& label) {
  return label == "daily";
}

}  // namespace

Backups::Backups(fs::path folder, std::string name, int kept)
    : folder_(std::move(folder)), name_(std::move(name)), kept_(kept) {}

std::vector<Backups::Backup> Backups::list() const {
  std::vector<Backup> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const std::string file = entry.path().filename().string();
    const std::string begin = name_ + '-';
    if (!file.starts_with(begin) || entry.path().extension() != ".db") continue;
    if (file.size() < begin.size() + time_form.size() + 4) continue;
    const auto made = parse_time(file.substr(begin.size(), time_form.size()));
    if (!made) continue;
    const std::string label = entry.path().stem().string().substr(begin.size() + time_form.size());
    found.push_back({entry.path(), label.starts_with('-') ? label.substr(1) : label, *made});
  }
  std::ranges::sort(
      found, [](const Backup& a, const Backup& b) { return std::tie(a.made, a.path) > std::tie(b.made, b.path); });
  return found;
}

Backups::Backup Backups::make(Database& source, const std::string& label, const std::stop_token& stop) {
  fs::create_directories(folder_);
  const auto now = system_clock::now();
  const fs::path path = folder_ / fmt::format("{}-{:%Y-%m-%dT%H-%M-%S}-{}.db", name_, utc(now), label);
  fs::path part = path;
  part += ".part";
  fs::remove(part);
  {
    Database copy = Database::open(part, Database::Mode::create);
    copy.run("PRAGMA journal_mode = DELETE");  // one file, nothing beside it
    sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
    if (!backup) copy.fail(sqlite3_errcode(copy.handle()), "back up");
    int code = SQLITE_OK;
    while ((code = sqlite3_backup_step(backup, pages_at_a_time)) == SQLITE_OK && !stop.stop_requested()) {
    }
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
      fs::remove(part);
      if (code == SQLITE_OK) fail(Errc::cancelled, "The backup was stopped");
      throw SqliteError(code, fmt::format("{}: {}", path.filename().string(), sqlite3_errstr(code)));
    }
  }
  fs::rename(part, path);
  sync_folder(folder_);
  remove_old(label);
  return {path, label, now};
}

void Backups::remove_old(const std::string& label) const {
  int seen = 0;
  for (const Backup& backup : list()) {
    std::error_code error;
    if (is_daily(backup.label) == is_daily(label) && ++seen > kept_) fs::remove(backup.path, error);
  }
}

bool Backups::is_due(std::chrono::hours age) const {
  const auto now = system_clock::now();
  for (const Backup& backup : list()) {
    // One from the future: the clock was set back since.
    if (is_daily(backup.label) && backup.made <= now) return now - backup.made >= age;
  }
  return true;
}

fs::path free_name(const fs::path& path, const std::string& suffix) {
  for (int number = 1;; ++number) {
    fs::path name = path;
    const std::string count = number == 1 ? std::string() : fmt::format("-{}", number);
    name.replace_filename(path.stem().string() + '-' + suffix + count + path.extension().string());
    std::error_code error;
    if (!fs::exists(name, error)) return name;
  }
}

std::string date_text(system_clock::time_point moment) {
  return fmt::format("{:%Y-%m-%d}", utc(moment));
}

}  // namespace etna::store
