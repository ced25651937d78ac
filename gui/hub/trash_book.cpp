#include "gui/hub/trash_book.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>

#include "engine/base/error.h"
#include "hub/disk.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

constexpr qint64 largest_file = 16 << 20;

QString text(const fs::path& path) {
  return QString::fromStdString(path.string());
}

std::string string_of(const QJsonObject& object, const char* key) {
  return object.value(QLatin1String(key)).toString().toStdString();
}

std::int64_t number_of(const QJsonObject& object, const char* key) {
  return static_cast<std::int64_t>(std::max(0.0, object.value(QLatin1String(key)).toDouble()));
}

bool is_here(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// The trash's note of something in it.
fs::path note_of(const fs::path& thing) {
  return thing.parent_path().parent_path() / "info" / (thing.filename().string() + ".trashinfo");
}

/// Never over what has come to that place meanwhile.
void put_back(const fs::path& from, const fs::path& to) {
  if (is_here(to)) fail(Errc::io, "{}: something else is there now", to.string());
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  hub::disk::rename(from, to);
  fs::remove(note_of(from), error);
}

}  // namespace

bool TrashBook::is_there(const Entry& entry) {
  if (!entry.root.empty()) return is_here(entry.cached.folder);
  return std::ranges::all_of(entry.things, [](const Thing& thing) { return is_here(thing.to); });
}

void TrashBook::load() {
  if (std::exchange(loaded_, true)) return;
  QFile in(text(file_));
  if (in.size() > largest_file || !in.open(QIODevice::ReadOnly)) return;
  for (const QJsonValue& value : QJsonDocument::fromJson(in.readAll()).array()) {
    const QJsonObject object = value.toObject();
    Entry entry;
    entry.shown = {.ticket = string_of(object, "ticket"),
                   .name = string_of(object, "name"),
                   .bytes = static_cast<std::uint64_t>(number_of(object, "bytes")),
                   .unix_time = number_of(object, "time")};
    entry.root = string_of(object, "root");
    entry.cached = {.id = string_of(object, "id"),
                    .original = string_of(object, "original"),
                    .folder = string_of(object, "folder"),
                    .info = string_of(object, "info"),
                    .bytes = entry.shown.bytes};
    for (const QJsonValue& each : object.value(QLatin1String("things")).toArray())
      entry.things.push_back({string_of(each.toObject(), "from"), string_of(each.toObject(), "to")});
    const bool makes_sense = entry.root.empty() ? !entry.things.empty() : entry.cached.folder.is_absolute();
    if (makes_sense && !entry.shown.ticket.empty()) entries_.push_back(std::move(entry));
  }
}

void TrashBook::save() const {
  QJsonArray root;
  for (const Entry& entry : entries_) {
    QJsonArray things;
    for (const Thing& thing : entry.things)
      things << QJsonObject{{QStringLiteral("from"), text(thing.from)}, {QStringLiteral("to"), text(thing.to)}};
    root << QJsonObject{{QStringLiteral("ticket"), QString::fromStdString(entry.shown.ticket)},
                        {QStringLiteral("name"), QString::fromStdString(entry.shown.name)},
                        {QStringLiteral("bytes"), static_cast<double>(entry.shown.bytes)},
                        {QStringLiteral("time"), static_cast<double>(entry.shown.unix_time)},
                        {QStringLiteral("root"), text(entry.root)},
                        {QStringLiteral("id"), QString::fromStdString(entry.cached.id)},
                        {QStringLiteral("original"), text(entry.cached.original)},
                        {QStringLiteral("folder"), text(entry.cached.folder)},
                        {QStringLiteral("info"), text(entry.cached.info)},
                        {QStringLiteral("things"), things}};
  }
  QDir().mkpath(text(file_.parent_path()));
  QSaveFile out(text(file_));
  if (!out.open(QIODevice::WriteOnly) || out.write(QJsonDocument(root).toJson(QJsonDocument::Compact)) < 0 ||
      !out.commit())
    fail(Errc::io, "{}: what is in the trash could not be noted: {}", file_.string(), out.errorString().toStdString());
}

Trashed TrashBook::add(Entry entry) {
  load();
  entry.shown.unix_time = QDateTime::currentSecsSinceEpoch();
  std::erase_if(entries_, [&](const Entry& other) { return other.shown.ticket == entry.shown.ticket; });
  entries_.push_back(std::move(entry));
  const Trashed shown = entries_.back().shown;
  save();
  return shown;
}

Trashed TrashBook::put(const LibraryModel& model, const std::vector<fs::path>& files) {
  Entry entry;
  entry.shown.name = model.name;
  entry.shown.bytes = model.bytes;
  for (const fs::path& file : files) {
    try {
      entry.things.push_back({file, hub::move_to_trash(file)});
    } catch (...) {
      for (const Thing& thing : entry.things) put_back(thing.to, thing.from);
      throw;
    }
  }
  if (entry.things.empty()) fail(Errc::not_found, "{}: it has no files", model.path);
  entry.shown.ticket = entry.things.front().to.string();
  return add(std::move(entry));
}

Trashed TrashBook::put(const LibraryModel& model, const hub::Cache& cache, const hub::RemovalPlan& plan) {
  Entry entry;
  entry.cached = hub::move_to_trash(cache, plan);
  entry.root = cache.root();
  entry.shown = {.ticket = entry.cached.folder.string(), .name = model.name, .bytes = entry.cached.bytes};
  return add(std::move(entry));
}

std::vector<Trashed> TrashBook::contents() {
  load();
  const auto gone = [](const Entry& entry) { return !is_there(entry); };
  if (std::erase_if(entries_, gone) > 0) save();
  std::vector<Trashed> shown;
  for (const Entry& entry : entries_) shown.push_back(entry.shown);
  std::ranges::stable_sort(shown, std::ranges::greater(), &Trashed::unix_time);
  return shown;
}

TrashBook::Entry TrashBook::take(const std::string& ticket) {
  load();
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.shown.ticket == ticket; });
  if (found == entries_.end() || !is_there(*found)) fail(Errc::not_found, "it is not in the Trash any more");
  return *found;
}

void TrashBook::restore(const std::string& ticket) {
  const Entry entry = take(ticket);
  if (entry.root.empty()) {
    for (const Thing& thing : entry.things) put_back(thing.to, thing.from);
  } else {
    hub::restore(hub::Cache(entry.root), entry.cached);
  }
  contents();
}

void TrashBook::delete_for_good(const std::string& ticket) {
  const Entry entry = take(ticket);
  if (!entry.root.empty()) {
    hub::delete_for_good(entry.cached);
  } else {
    for (const Thing& thing : entry.things) {
      std::error_code error;
      fs::remove_all(thing.to, error);
      if (error) fail(Errc::io, "{}: cannot be removed: {}", thing.to.string(), error.message());
      fs::remove(note_of(thing.to), error);
    }
  }
  contents();
}

}  // namespace etna::gui
