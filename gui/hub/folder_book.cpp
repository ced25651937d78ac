#include "gui/hub/folder_book.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>
#include <set>

#include "engine/base/error.h"
#include "gui/hub/fit.h"
#include "hub/cached_versions.h"
#include "hub/disk.h"
#include "hub/versions.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

constexpr qint64 largest_file = 16 << 20;

QString text(const std::string& value) {
  return QString::fromStdString(value);
}

QJsonObject to_json(const LibraryModel& model) {
  return {{QStringLiteral("path"), text(model.path)},
          {QStringLiteral("name"), text(model.name)},
          {QStringLiteral("repository"), text(model.repository)},
          {QStringLiteral("commit"), text(model.commit)},
          {QStringLiteral("bytes"), static_cast<double>(model.bytes)}};
}

/// "org/name" → "name"; "publisher/model · file" keeps the file.
std::string short_name(const std::string& name) {
  const auto slash = name.find_last_of('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

LibraryModel model_of(const hub::FoundModel& found, const hub::ModelFolder& folder) {
  LibraryModel model;
  model.path = found.path.string();
  model.name = short_name(found.name);
  if (const auto slash = found.name.find('/'); slash != std::string::npos)
    model.publisher = found.name.substr(0, slash);
  model.bytes = found.bytes;
  model.folder = folder.path.string();
  model.owner = owner_of(folder.owner);
  std::error_code error;
  for (const fs::path& file : found.files) {
    const auto size = fs::file_size(file, error);
    model.files.push_back({file.filename().string(), error ? 0 : size});
  }
  tell_by_name(model, found.path.filename().string());
  return model;
}

std::string missing_reason(const std::vector<std::string>& missing) {
  return missing.size() == 1
             ? "“" + missing.front() + "” is missing"
             : std::to_string(missing.size()) + " files are missing, “" + missing.front() + "” among them";
}

/// What the versions of a repository share.
LibraryModel model_of(const hub::CachedRepository& repository, const std::string& root, FolderOwner owner) {
  LibraryModel model;
  model.name = short_name(repository.id);
  if (const auto slash = repository.id.find('/'); slash != std::string::npos)
    model.publisher = repository.id.substr(0, slash);
  model.repository = repository.id;
  model.folder = root;
  model.owner = owner;
  return model;
}

/// One of several GGUF models has its own files alone: what it shares stays when it goes.
LibraryModel model_of(LibraryModel model, const hub::CachedVersion& version) {
  const auto& own = version.weight_files;
  model.commit = version.commit;
  model.path = version.path.string();
  for (const hub::CachedFile& file : version.files) {
    if (!version.key.empty() && std::ranges::find(own, file.path) == own.end()) continue;
    model.bytes += file.size;
    model.files.push_back({file.path, file.size});
  }
  tell_by_name(model, version.key.empty() ? model.name : own.front());
  return model;
}

UnusableModel incomplete(const LibraryModel& model, const fs::path& path, const std::vector<std::string>& missing) {
  return {.path = path.string(), .name = model.name, .reason = missing_reason(missing), .repository = model.repository};
}

}  // namespace

FolderOwner owner_of(hub::FolderOwner owner) {
  switch (owner) {
    case hub::FolderOwner::user: return FolderOwner::user;
    case hub::FolderOwner::hugging_face: return FolderOwner::hugging_face;
    case hub::FolderOwner::lm_studio: return FolderOwner::lm_studio;
    case hub::FolderOwner::ollama: return FolderOwner::ollama;
    case hub::FolderOwner::llama_cpp: return FolderOwner::llama_cpp;
  }
  return FolderOwner::user;
}

void tell_by_name(LibraryModel& model, const std::string& name) {
  hub::ModelSummary summary;
  summary.id = model.name + " " + name;
  model.parameters = parameter_count(summary);
  if (const std::string quantization = hub::gguf_quantization(name); !quantization.empty())
    model.version = hub::version_label(hub::WeightFormat::gguf, quantization, hub::gguf_bits(quantization));
}

void FolderBook::load() {
  if (std::exchange(loaded_, true)) return;
  QFile in(QString::fromStdString(file_.string()));
  if (in.size() > largest_file || !in.open(QIODevice::ReadOnly)) return;
  for (const QJsonValue& value : QJsonDocument::fromJson(in.readAll()).array()) {
    const QJsonObject object = value.toObject();
    Entry entry;
    entry.folder.path = object.value(QLatin1String("path")).toString().toStdString();
    entry.folder.file_system = object.value(QLatin1String("disk")).toString().toULongLong();
    if (!entry.folder.path.is_absolute()) continue;
    for (const QJsonValue& kept : object.value(QLatin1String("models")).toArray()) {
      const QJsonObject fields = kept.toObject();
      hub::FoundModel found;
      found.path = fields.value(QLatin1String("path")).toString().toStdString();
      found.name = fields.value(QLatin1String("name")).toString().toStdString();
      found.bytes = static_cast<std::uint64_t>(std::max(0.0, fields.value(QLatin1String("bytes")).toDouble()));
      LibraryModel model = model_of(found, entry.folder);
      model.repository = fields.value(QLatin1String("repository")).toString().toStdString();
      model.commit = fields.value(QLatin1String("commit")).toString().toStdString();
      entry.models.push_back(std::move(model));
    }
    entries_.push_back(std::move(entry));
  }
}

void FolderBook::save() const {
  QJsonArray root;
  for (const Entry& entry : entries_) {
    QJsonArray models;
    for (const LibraryModel& model : entry.models) models << to_json(model);
    root << QJsonObject{{QStringLiteral("path"), text(entry.folder.path.string())},
                        {QStringLiteral("disk"), QString::number(entry.folder.file_system)},
                        {QStringLiteral("models"), models}};
  }
  QDir().mkpath(text(file_.parent_path().string()));
  QSaveFile out(text(file_.string()));
  if (!out.open(QIODevice::WriteOnly) || out.write(QJsonDocument(root).toJson(QJsonDocument::Compact)) < 0 ||
      !out.commit())
    fail(Errc::io, "{}: the linked folders could not be written: {}", file_.string(), out.errorString().toStdString());
}

void FolderBook::link(const std::string& folder) {
  load();
  std::error_code error;
  const fs::path path = fs::canonical(folder, error);
  if (error || !fs::is_directory(path)) fail(Errc::not_found, "{}: there is no such folder", folder);
  const auto holds_it = [&](const Entry& entry) { return hub::disk::is_inside(path, entry.folder.path); };
  if (std::ranges::any_of(entries_, holds_it)) return;
  entries_.push_back({.folder = {.path = path}, .models = {}});
  save();
}

void FolderBook::unlink(const std::string& folder) {
  load();
  std::erase_if(entries_, [&](const Entry& entry) { return entry.folder.path == folder; });
  save();
}

void FolderBook::look(Entry& entry, LibraryScan& scan, std::set<std::string>& seen, const std::stop_token& stop) {
  const hub::FolderContents contents = hub::scan_folder(entry.folder, stop);
  LibraryFolder folder{
      .path = entry.folder.path.string(), .owner = owner_of(entry.folder.owner), .online = contents.is_connected};
  if (contents.is_connected && !stop.stop_requested()) {
    entry.folder.file_system = contents.file_system;
    entry.models.clear();
    for (const hub::FoundModel& found : contents.models) {
      if (found.missing.empty()) {
        entry.models.push_back(model_of(found, entry.folder));
      } else {
        scan.unusable.push_back(
            {.path = found.path.string(), .name = short_name(found.name), .reason = missing_reason(found.missing)});
      }
    }
    for (const std::string& sentence : contents.unreadable)
      scan.unusable.push_back({.path = folder.path, .name = entry.folder.path.filename().string(), .reason = sentence});
    // Downloads that went here.
    if (entry.folder.owner == hub::FolderOwner::user && hub::has_cached_repositories(entry.folder.path)) {
      LibraryScan cached;
      add_cache(cached, hub::scan_cache(hub::Cache(entry.folder.path), stop), folder.path, FolderOwner::user);
      std::ranges::move(cached.models, std::back_inserter(entry.models));
      std::ranges::move(cached.unusable, std::back_inserter(scan.unusable));
    }
  }
  for (LibraryModel model : entry.models) {
    if (!seen.insert(model.path).second) continue;  // of a folder in this one that is linked, too
    model.online = contents.is_connected;
    folder.models += 1;
    folder.bytes += model.bytes;
    scan.models.push_back(std::move(model));
  }
  scan.folders.push_back(std::move(folder));
}

void FolderBook::add_to(LibraryScan& scan, const std::stop_token& stop) {
  load();
  std::vector<std::vector<LibraryModel>> before;
  for (const Entry& entry : entries_) before.push_back(entry.models);
  std::set<std::string> seen;
  for (const LibraryModel& model : scan.models) seen.insert(model.path);
  for (Entry& entry : entries_) look(entry, scan, seen, stop);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].models == before[i]) continue;
    save();
    break;
  }
  const auto variable = [](std::string_view name) {
    return qEnvironmentVariable(std::string(name).c_str()).toStdString();
  };
  for (const hub::ModelFolder& store : hub::find_other_programs_folders(QDir::homePath().toStdString(), variable)) {
    const auto linked = [&](const Entry& entry) { return entry.folder.path == store.path; };
    if (std::ranges::any_of(entries_, linked)) continue;
    Entry entry{.folder = store, .models = {}};
    look(entry, scan, seen, stop);
  }
}

void add_cache(LibraryScan& scan, const hub::CacheListing& listing, const std::string& root, FolderOwner owner) {
  LibraryFolder folder{.path = root, .owner = owner};
  for (const hub::CachedRepository& repository : listing.repositories) {
    const LibraryModel shared = model_of(repository, root, owner);
    const std::vector<hub::CachedVersion> versions = hub::cached_versions(repository);
    if (repository.snapshots.empty()) continue;
    const hub::CachedSnapshot& newest = repository.snapshots.front();
    const auto is_of_newest = [&](const hub::CachedVersion& version) { return version.commit == newest.commit; };
    // A tokenizer or a data sheet alone, with nothing missing, is no model and no mistake.
    if (!newest.missing.empty() && std::ranges::none_of(versions, is_of_newest))
      scan.unusable.push_back(incomplete(shared, newest.folder, newest.missing));
    for (const hub::CachedVersion& version : versions) {
      const bool older = !is_of_newest(version);
      if (!version.missing.empty()) {
        // Of what was followed by something newer nobody wants the rest.
        if (!older) scan.unusable.push_back(incomplete(shared, version.path, version.missing));
        continue;
      }
      LibraryModel model = model_of(shared, version);
      if (older) model.version += model.version.empty() ? "older" : " · older";
      folder.models += 1;
      folder.bytes += model.bytes;
      scan.models.push_back(std::move(model));
    }
  }
  const std::string name =
      owner == FolderOwner::hugging_face ? "Hugging Face cache" : fs::path(root).filename().string();
  for (const std::string& sentence : listing.unreadable)
    scan.unusable.push_back({.path = root, .name = name, .reason = sentence});
  scan.folders.push_back(std::move(folder));
}

}  // namespace etna::gui
