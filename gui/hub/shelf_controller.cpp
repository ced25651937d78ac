#include "gui/hub/shelf_controller.h"

#include <QDateTime>
#include <QDesktopServices>
#include <QFileInfo>
#include <algorithm>

#include "gui/hub/trouble.h"
#include "gui/jobs/post.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

const QString scan_key = QStringLiteral("library");
const QString used_group = QStringLiteral("lastUsed");
constexpr int most_remembered = 500;

QString freed_text(std::uint64_t bytes) {
  return ShelfController::tr("emptying it frees %1").arg(format::disk_bytes(bytes));
}

QString sentence_of(const Trouble& trouble) {
  return QStringLiteral("%1: %2").arg(trouble.title, trouble.text);
}

}  // namespace

ShelfController::ShelfController(HubService& service, LibraryController& library, DownloadsController& downloads,
                                 Background& disk, Background& files, QSettings& store, QObject* parent)
    : QObject(parent),
      service_(service),
      library_(library),
      downloads_(downloads),
      disk_(disk),
      files_(files),
      store_(store),
      moves_(service, files) {
  connect(&library_, &LibraryController::ready, this, &ShelfController::note_use);
  connect(&library_, &LibraryController::changed, this, &ShelfController::note_loaded);
  connect(&downloads_, &DownloadsController::spaceChanged, this, &ShelfController::changed);
  connect(&downloads_, &DownloadsController::changed, this, &ShelfController::hold_checks);
  connect(&downloads_, &DownloadsController::finished, this, &ShelfController::refresh);
  connect(&moves_, &MoveController::began, this, [this](const QString& path) { models_.set_moving(path, true); });
  connect(&moves_, &MoveController::moved, this, &ShelfController::note_moved);
  connect(&moves_, &MoveController::failed, this, [this](const QString& path, const QString& sentence) {
    models_.set_moving(path, false);
    problem_ = sentence;
    emit changed();
  });
}

void ShelfController::listen() {
  if (std::exchange(listens_, true)) return;
  service_.listen_checks([this](const CheckNews& news) { post(this, [this, news] { models_.set_check(news); }); });
}

/// What is read in the background gives way to what somebody waits for.
void ShelfController::hold_checks() {
  const bool hold = answering_ || downloads_.moving();
  if (std::exchange(held_, hold) != hold) service_.hold_checks(hold);
}

void ShelfController::set_answering(bool answering) {
  answering_ = answering;
  hold_checks();
}

void ShelfController::refresh() {
  looking_ = true;
  listen();
  emit changed();
  disk_.run(scan_key, [this](const std::stop_token& stop) -> Background::Answer {
    const auto answer = gui::ask([&] { return std::make_shared<LibraryScan>(service_.library(stop)); });
    const auto trash = gui::ask([&] { return service_.trash_contents(); });
    // Shared, not copied: ten thousand models would take longer to copy than to show.
    return [this, answer, trash] {
      looking_ = false;
      if (trash.value) trash_list_.set(*trash.value);
      scan_problem_ = answer.trouble.is_set() ? sentence_of(answer.trouble) : QString();
      if (answer.value) {
        take(**answer.value);
      } else {
        emit changed();
      }
    };
  });
  downloads_.askSpace();
}

void ShelfController::take(LibraryScan& scan) {
  known_ = true;
  folder_rows_ = scan.folders;
  QHash<QString, qint64> used;
  const QVariantMap times = store_.value(used_group).toMap();
  for (auto it = times.begin(); it != times.end(); ++it) used[it.key()] = it.value().toLongLong();
  models_.set_last_used(used);
  models_.set_models(std::move(scan.models));
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
  const QStringList paths = library_.loaded_paths();
  models_.set_loaded(QSet<QString>(paths.begin(), paths.end()));
}

QString ShelfController::summary() const {
  if (!known_) return {};
  QStringList parts = {models_text(static_cast<std::uint64_t>(models_.total()))};
  if (models_.total() > 0) parts << format::disk_bytes(models_.bytes());
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
              const auto answer = gui::ask([&] {
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

/// What is said first where some of the models are loaded; empty: none is.
QString ShelfController::use_sentence(const QStringList& paths) const {
  QStringList names;
  for (const QString& path : paths)
    if (const LibraryModel* model = models_.find(path); model && library_.loaded_id(path) != 0)
      names << tr("“%1”").arg(QString::fromStdString(model->name));
  if (names.isEmpty()) return {};
  return names.size() == 1 ? tr("%1 is in use: it is loaded.").arg(names.front())
                           : tr("%1 are in use: they are loaded.").arg(names.join(QStringLiteral(", ")));
}

void ShelfController::unload(const QStringList& paths) {
  for (const QString& path : paths)
    if (const ModelId id = library_.loaded_id(path); id != 0) library_.unload(id);
}

void ShelfController::ask(const QString& question, const QString& answer, std::function<void()> agreed) {
  question_ = question;
  answer_text_ = answer;
  agreed_ = std::move(agreed);
  emit questionChanged();
}

void ShelfController::trash(const QString& path) {
  const QStringList paths = path.isEmpty() ? models_.selected() : QStringList{path};
  QStringList sentences;
  bool shared = false, locked = false;
  for (const QString& each : paths) {
    const LibraryModel* model = models_.find(each);
    if (!model) continue;
    const QString owner = owner_label(model->owner, model->folder);
    if (moves_.is_moving(each)) {
      sentences = {tr("“%1” is just being moved.").arg(QString::fromStdString(model->name))};
      locked = true;
      break;
    }
    if (model->owner != FolderOwner::user && !shared && !locked)
      sentences
          << tr("“%1” belongs to: %2. Other programs may use it.").arg(QString::fromStdString(model->name), owner);
    if (model->owner == FolderOwner::ollama && !locked) sentences << tr("Ollama alone can remove it.");
    shared = shared || model->owner != FolderOwner::user;
    locked = locked || model->owner == FolderOwner::ollama;
  }
  const QString use = use_sentence(paths);
  if (!use.isEmpty()) sentences << use;
  if (paths.isEmpty() || sentences.isEmpty()) return move_to_trash(paths);
  const QString answer = locked           ? QString()
                         : !use.isEmpty() ? tr("Unload and move to Trash")
                                          : tr("Remove it there anyway");
  ask(sentences.join(u' '), answer, [this, paths] {
    unload(paths);
    move_to_trash(paths);
  });
}

bool ShelfController::canMove(const QString& path) const {
  const LibraryModel* model = models_.find(path);
  return model && model->online && !moves_.is_moving(path) &&
         (model->owner == FolderOwner::user || model->owner == FolderOwner::hugging_face);
}

void ShelfController::moveTo(const QString& path, const QUrl& folder) {
  const QStringList chosen = path.isEmpty() ? models_.selected() : QStringList{path};
  QStringList paths, sentences;
  bool shared = false;
  for (const QString& each : chosen) {
    const LibraryModel* model = models_.find(each);
    if (!model || !canMove(each)) continue;
    paths << each;
    if (model->owner == FolderOwner::hugging_face && !std::exchange(shared, true))
      sentences << tr("“%1” belongs to: %2. Other programs may use it and won't find it in its new place.")
                       .arg(QString::fromStdString(model->name), owner_label(model->owner, model->folder));
  }
  const QString use = use_sentence(paths);
  if (!use.isEmpty()) sentences << use;
  const auto move = [this, paths, target = folder.toLocalFile()] {
    unload(paths);
    models_.selectNone();
    for (const QString& each : paths)
      if (const LibraryModel* model = models_.find(each)) moves_.start(*model, target);
  };
  if (paths.isEmpty() || sentences.isEmpty()) return move();
  ask(sentences.join(u' '), use.isEmpty() ? tr("Move it anyway") : tr("Unload and move"), move);
}

void ShelfController::note_moved(const LibraryModel& model, const MovedModel& moved) {
  const QString from = QString::fromStdString(model.path), to = QString::fromStdString(moved.path);
  models_.set_moving(from, false);
  library_.note_moved(from, to);
  QVariantMap times = store_.value(used_group).toMap();
  if (const QVariant time = times.take(from); time.isValid()) {
    times[to] = time;
    store_.setValue(used_group, times);
  }
  problem_ = moved.problem.empty()
                 ? QString()
                 : tr("“%1” is in its new place, and still in the old one: %2")
                       .arg(QString::fromStdString(model.name), QString::fromStdString(moved.problem));
  tickets_.clear();
  refresh();
  if (moved.old.ticket.empty()) return;
  tickets_ = {moved.old.ticket};
  copy_ = to;
  emit trashed(tr("“%1” was moved; the old files are in the Trash").arg(QString::fromStdString(model.name)));
}

void ShelfController::answerQuestion() {
  const auto agreed = answer_text_.isEmpty() ? nullptr : agreed_;
  dropQuestion();
  if (agreed) agreed();
}

void ShelfController::dropQuestion() {
  question_.clear();
  answer_text_.clear();
  agreed_ = nullptr;
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
      const auto answer = gui::ask([&] { return service_.trash(model); });
      if (answer.value) gone.push_back(*answer.value);
      if (answer.trouble.is_set()) trouble = answer.trouble;
    }
    return [this, gone, trouble] {
      tickets_.clear();
      copy_.clear();
      std::uint64_t bytes = 0;
      for (const Trashed& one : gone) {
        tickets_.push_back(one.ticket);
        bytes += one.bytes;
      }
      models_.selectNone();
      refresh();
      problem_ = trouble.is_set() ? sentence_of(trouble) : QString();
      emit changed();
      if (gone.empty()) return;
      const QString what = gone.size() == 1 ? QString::fromStdString(gone.front().name) : models_text(gone.size());
      emit trashed(tr("“%1” is in the Trash: %2").arg(what, freed_text(bytes)));
    };
  });
}

void ShelfController::undo() {
  const QString copied = std::exchange(copy_, {});
  const LibraryModel* copy = models_.find(copied);
  run(QStringLiteral("restore"),
      [tickets = std::exchange(tickets_, {}), copy = copy ? std::optional(*copy) : std::nullopt](HubService& service) {
        for (const std::string& ticket : tickets) service.restore(ticket);
        if (copy) service.trash(*copy);
      });
}

void ShelfController::putBack(const QString& ticket) {
  run(QStringLiteral("restore"), [ticket = ticket.toStdString()](HubService& service) { service.restore(ticket); });
}

void ShelfController::deleteForGood(const QString& ticket) {
  std::vector<std::string> tickets;
  QString name;
  for (const Trashed& thing : trash_list_.things()) {
    if (!ticket.isEmpty() && thing.ticket != ticket.toStdString()) continue;
    tickets.push_back(thing.ticket);
    name = QString::fromStdString(thing.name);
  }
  if (tickets.empty()) return;
  const QString what = tickets.size() == 1 ? tr("“%1”").arg(name) : models_text(tickets.size());
  ask(tr("Delete %1 for good? That can't be undone.").arg(what), tr("Delete for good"), [this, tickets] {
    run(QStringLiteral("delete"), [tickets](HubService& service) {
      for (const std::string& each : tickets) service.delete_for_good(each);
    });
  });
}

void ShelfController::check(const QString& path) {
  const LibraryModel* model = models_.find(path);
  if (!model) return;
  models_.set_check({.path = model->path, .state = CheckNews::State::checking});
  files_.run(
      QStringLiteral("check ") + path, [this, path, model = *model](const std::stop_token& stop) -> Background::Answer {
        const auto answer = gui::ask([&] { return service_.check(model, stop); });
        return [this, path, name = model.path, answer] {
          if (!answer.value)
            return models_.set_check({.path = name,
                                      .state = CheckNews::State::unreadable,
                                      .reason = sentence_of(answer.trouble).toStdString()});
          const std::optional<bool>& whole = *answer.value;
          if (!whole) return models_.set_incomparable(path);
          models_.set_check({.path = name, .state = *whole ? CheckNews::State::checked : CheckNews::State::damaged});
        };
      });
}

bool ShelfController::canRepair(const QString& path) const {
  const LibraryModel* model = models_.find(path);
  return model && model->damaged && !model->repository.empty() && model->online;
}

void ShelfController::repair(const QString& path) {
  if (!canRepair(path)) return;
  const LibraryModel& model = *models_.find(path);
  hub::DownloadRequest request{.repository = model.repository, .revision = model.commit, .title = model.name};
  if (!model.version.empty()) request.title += " · " + model.version;
  for (const LibraryFile& file : model.files) request.files.push_back(file.name);
  downloads_.start(std::move(request), model.owner == FolderOwner::user ? model.folder : std::string());
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
