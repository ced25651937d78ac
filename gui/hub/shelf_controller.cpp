#include "gui/hub/shelf_controller.h"

#include <QDateTime>
#include <QDesktopServices>
#include <QFileInfo>
#include <algorithm>

#include "gui/hub/trouble.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

const QString scan_key = QStringLiteral("library");
const QString used_group = QStringLiteral("lastUsed");
constexpr int most_remembered = 500;

QString sentence_of(const Trouble& trouble) {
  return QStringLiteral("%1: %2").arg(trouble.title, trouble.text);
}

}  // namespace

ShelfController::ShelfController(HubService& service, LibraryController& library, DownloadsController& downloads,
                                 Background& disk, QSettings& store, QObject* parent)
    : QObject(parent), service_(service), library_(library), downloads_(downloads), disk_(disk), store_(store) {
  connect(&library_, &LibraryController::ready, this, &ShelfController::note_use);
  connect(&library_, &LibraryController::changed, this, &ShelfController::note_loaded);
  connect(&downloads_, &DownloadsController::changed, this, &ShelfController::changed);
  connect(&downloads_, &DownloadsController::finished, this, &ShelfController::refresh);
}

void ShelfController::refresh() {
  looking_ = true;
  emit changed();
  disk_.run(scan_key, [this](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] { return service_.library(stop); });
    return [this, answer] {
      looking_ = false;
      problem_ = answer.trouble.is_set() ? sentence_of(answer.trouble) : QString();
      if (answer.value) {
        take(*answer.value);
      } else {
        emit changed();
      }
    };
  });
  downloads_.askSpace();
}

void ShelfController::take(const LibraryScan& scan) {
  known_ = true;
  folder_rows_ = scan.folders;
  QHash<QString, qint64> used;
  const QVariantMap times = store_.value(used_group).toMap();
  for (auto it = times.begin(); it != times.end(); ++it) used[it.key()] = it.value().toLongLong();
  models_.set_last_used(used);
  models_.set_models(scan.models);
  folders_.set(scan.folders);
  unusable_.set(scan.unusable);
  note_loaded();
  emit scanned();
  emit changed();
}

void ShelfController::note_use() {
  const QString path = library_.path();
  if (path.isEmpty()) return;
  QVariantMap times = store_.value(used_group).toMap();
  times[path] = QDateTime::currentSecsSinceEpoch();
  while (times.size() > most_remembered) {
    const auto oldest = std::min_element(times.begin(), times.end(), [](const QVariant& a, const QVariant& b) {
      return a.toLongLong() < b.toLongLong();
    });
    times.erase(oldest);
  }
  store_.setValue(used_group, times);
  QHash<QString, qint64> used;
  for (auto it = times.begin(); it != times.end(); ++it) used[it.key()] = it.value().toLongLong();
  models_.set_last_used(used);
}

void ShelfController::note_loaded() {
  QSet<QString> loaded;
  for (const LibraryModel& model : models_.models())
    if (const QString path = QString::fromStdString(model.path); library_.loaded_id(path) != 0) loaded << path;
  models_.set_loaded(loaded);
}

QString ShelfController::summary() const {
  if (!known_) return {};
  QStringList parts = {models_text(static_cast<std::uint64_t>(models_.count()))};
  if (models_.count() > 0) parts << format::disk_bytes(models_.bytes());
  if (!downloads_.space().isEmpty()) parts << downloads_.space();
  return parts.join(QStringLiteral(" · "));
}

QStringList ShelfController::found_lines() const {
  QStringList lines;
  for (const LibraryFolder& folder : folder_rows_) {
    const auto inside = [&](const UnusableModel& model) { return model.path.starts_with(folder.path + "/"); };
    int unusable = 0;
    for (int row = 0; row < unusable_.count(); ++row) unusable += inside(unusable_.at(row)) ? 1 : 0;
    if (folder.models == 0 && unusable == 0) continue;
    const QString label = owner_label(folder.owner, folder.path);
    lines << (unusable == 0 ? tr("%1: %2 usable").arg(label).arg(folder.models)
                            : tr("%1: %2 usable, %3 not").arg(label).arg(folder.models).arg(unusable));
  }
  return lines;
}

QSet<QString> ShelfController::repositories() const {
  QSet<QString> repositories;
  for (const LibraryModel& model : models_.models())
    if (!model.repository.empty()) repositories << QString::fromStdString(model.repository);
  return repositories;
}

void ShelfController::run(const QString& key, std::function<void(HubService&)> action) {
  disk_.run(QStringLiteral("%1 %2").arg(key).arg(++serial_),
            [this, action = std::move(action)](const std::stop_token&) -> Background::Answer {
              const auto answer = ask([&] {
                action(service_);
                return true;
              });
              return [this, answer] {
                problem_ = answer.trouble.is_set() ? sentence_of(answer.trouble) : QString();
                emit changed();
                if (answer.value) refresh();
              };
            });
}

bool ShelfController::isFolder(const QUrl& url) const {
  return QFileInfo(url.toLocalFile()).isDir();
}

void ShelfController::addFolder(const QUrl& folder) {
  run(QStringLiteral("link"),
      [path = folder.toLocalFile().toStdString()](HubService& service) { service.link_folder(path); });
}

void ShelfController::removeFolder(const QString& path) {
  run(QStringLiteral("unlink"), [path = path.toStdString()](HubService& service) { service.unlink_folder(path); });
}

void ShelfController::wantMemory(int row) {
  const QString path = models_.pathAt(row);
  if (path.isEmpty() || models_.knows_memory(path)) return;
  models_.set_memory(path, 0, {});
  const LoadRequest request = request_for(path, library_.load_store().read(path), library_.app_device());
  library_.estimator().ask(
      QStringLiteral("shelf %1").arg(path), request, [this, path](const std::optional<LoadEstimate>& estimate) {
        models_.set_memory(path, estimate ? estimate->total() : 0, estimate ? QString() : tr("not known"));
      });
}

void ShelfController::trash(const QString& path) {
  const QStringList paths = path.isEmpty() ? models_.selected() : QStringList{path};
  if (!paths.isEmpty()) ask_first(paths);
}

void ShelfController::ask_first(const QStringList& paths) {
  asked_ = paths;
  answer_text_.clear();
  QStringList sentences;
  bool shared = false, locked = false, used = false;
  for (const QString& path : paths) {
    const LibraryModel* model = models_.find(path);
    if (!model) continue;
    const QString owner = owner_label(model->owner, model->folder);
    if (model->owner != FolderOwner::user && !shared && !locked)
      sentences
          << tr("“%1” belongs to: %2. Other programs may use it.").arg(QString::fromStdString(model->name), owner);
    if (model->owner == FolderOwner::ollama && !locked) sentences << tr("Ollama alone can remove it.");
    shared = shared || model->owner != FolderOwner::user;
    locked = locked || model->owner == FolderOwner::ollama;
    if (library_.loaded_id(path) != 0) {
      sentences << tr("“%1” is in use: it is loaded.").arg(QString::fromStdString(model->name));
      used = true;
    }
  }
  if (!shared && !used) return move_to_trash(paths);
  question_ = sentences.join(u' ');
  if (!locked) answer_text_ = used ? tr("Unload and move to Trash") : tr("Remove it there anyway");
  emit questionChanged();
}

void ShelfController::answerQuestion() {
  const QStringList paths = asked_;
  const bool may = !answer_text_.isEmpty();
  dropQuestion();
  if (!may) return;
  for (const QString& path : paths)
    if (const ModelId id = library_.loaded_id(path); id != 0) library_.unload(id);
  move_to_trash(paths);
}

void ShelfController::dropQuestion() {
  question_.clear();
  answer_text_.clear();
  asked_.clear();
  emit questionChanged();
}

void ShelfController::move_to_trash(const QStringList& paths) {
  std::vector<LibraryModel> models;
  for (const QString& path : paths)
    if (const LibraryModel* model = models_.find(path)) models.push_back(*model);
  disk_.run(QStringLiteral("trash %1").arg(++serial_), [this, models](const std::stop_token&) -> Background::Answer {
    std::vector<Trashed> gone;
    Trouble trouble;
    for (const LibraryModel& model : models) {
      const auto answer = ask([&] { return service_.trash(model); });
      if (answer.value) gone.push_back(*answer.value);
      if (answer.trouble.is_set()) trouble = answer.trouble;
    }
    return [this, gone, trouble] {
      problem_ = trouble.is_set() ? sentence_of(trouble) : QString();
      tickets_.clear();
      std::uint64_t bytes = 0;
      for (const Trashed& one : gone) {
        tickets_.push_back(one.ticket);
        bytes += one.bytes;
      }
      models_.selectNone();
      refresh();
      if (gone.empty()) return;
      const QString what = gone.size() == 1 ? QString::fromStdString(gone.front().name) : models_text(gone.size());
      emit trashed(tr("“%1” is in the Trash (%2)").arg(what, format::disk_bytes(bytes)));
    };
  });
}

void ShelfController::undo() {
  run(QStringLiteral("restore"), [tickets = std::exchange(tickets_, {})](HubService& service) {
    for (const std::string& ticket : tickets) service.restore(ticket);
  });
}

void ShelfController::check(const QString& path) {
  const LibraryModel* model = models_.find(path);
  if (!model) return;
  models_.set_checked(path, tr("Checking…"));
  disk_.run(QStringLiteral("check ") + path,
            [this, path, model = *model](const std::stop_token& stop) -> Background::Answer {
              const auto answer = ask([&] { return service_.check(model, stop); });
              return [this, path, answer] {
                if (!answer.value) return models_.set_checked(path, sentence_of(answer.trouble));
                const std::optional<bool>& whole = *answer.value;
                models_.set_checked(path, !whole   ? tr("There is nothing to compare it with")
                                          : *whole ? tr("Verified just now")
                                                   : tr("Damaged: it is not what was downloaded"));
              };
            });
}

void ShelfController::downloadRest(int row) {
  if (row < 0 || row >= unusable_.count()) return;
  const UnusableModel& model = unusable_.at(row);
  downloads_.start({.repository = model.repository, .title = model.name, .files = model.missing});
}

void ShelfController::showInFolder(const QString& path) {
  const QFileInfo info(path);
  QDesktopServices::openUrl(QUrl::fromLocalFile(info.isDir() ? path : info.path()));
}

}  // namespace etna::gui
