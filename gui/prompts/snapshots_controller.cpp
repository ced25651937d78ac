#include "gui/prompts/snapshots_controller.h"

#include <QDir>
#include <QStandardPaths>
#include <algorithm>

#include "engine/base/error.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

const QString list_work = QStringLiteral("list");

QString quoted(const std::string& name) {
  return QStringLiteral("“%1”").arg(QString::fromStdString(name));
}

}  // namespace

SnapshotsController::SnapshotsController(Engine& engine, ChatController& chats, LibraryController& library,
                                         QObject* parent)
    : QObject(parent), engine_(engine), chats_(chats), library_(library), background_(1) {
  connect(&chats_, &ChatController::stateChanged, this, &SnapshotsController::changed);
  connect(&chats_, &ChatController::currentChanged, this, &SnapshotsController::changed);
  connect(&chats_, &ChatController::currentChanged, this, &SnapshotsController::chatNoticeChanged);
  // Another model: which of them it can use is another question.
  connect(&library_, &LibraryController::ready, this, [this] {
    if (known_) refresh();
  });
}

bool SnapshotsController::can_save() const {
  return library_.loaded() && request_ == 0 && !chats_.opening() && !messages().empty();
}

int SnapshotsController::last_row() const {
  const int last = chats_.messages()->count() - 1;
  return until_ < 0 ? last : std::min(until_, last);
}

/// As the chat asks its model.
std::vector<ChatMessage> SnapshotsController::messages() const {
  std::vector<ChatMessage> messages = chats_.messages()->request_before(last_row() + 1);
  if (const QString prompt = chats_.system_prompt(); !prompt.isEmpty())
    messages.insert(messages.begin(), {"system", prompt.toStdString()});
  return messages;
}

QString SnapshotsController::proposed_name() const {
  return chats_.title();
}

QString SnapshotsController::saving_text() const {
  const bool instructed = !chats_.system_prompt().isEmpty();
  const int said = static_cast<int>(messages().size()) - (instructed ? 1 : 0);
  if (said == 0) return tr("The system prompt of this chat: every chat with the same one begins with it.");
  return instructed ? tr("The system prompt and %n messages of this chat.", nullptr, said)
                    : tr("%n messages of this chat.", nullptr, said);
}

QString SnapshotsController::chat_notice() const {
  const std::string id = chats_.current_snapshot();
  if (id.empty()) return {};
  const int row = snapshots_.row_of(id);
  if (row < 0 && known_) return tr("This chat continues a snapshot that is not there any more. It cannot be answered.");
  const QString name = row < 0 ? QString() : quoted(snapshots_.at(row).info.file.name);
  return row < 0 ? tr("This chat continues a snapshot. What it holds is not shown: its file does not say its text.")
                 : tr("This chat continues the snapshot %1 (%2). What it holds is not shown: its file does not say its "
                      "text.")
                       .arg(name, format::tokens(snapshots_.at(row).info.file.tokens));
}

void SnapshotsController::set_active(bool active) {
  if (active == active_) return;
  active_ = active;
  emit activeChanged();
  if (active) refresh();
}

void SnapshotsController::refresh() {
  background_.run(list_work, [this](const std::stop_token& stop) -> Background::Answer {
    auto rows = std::make_shared<std::vector<ShownSnapshot>>();
    for (SnapshotInfo& info : engine_.snapshots()) {
      if (stop.stop_requested()) return {};
      ShownSnapshot row{.info = std::move(info), .fit = {}};
      try {
        if (row.info.problem.empty()) row.fit = engine_.check_snapshot(row.info.id);
      } catch (const Error& error) {  // it went meanwhile
        row.info.problem = error.what();
      }
      rows->push_back(std::move(row));
    }
    return [this, rows] {
      snapshots_.set(std::move(*rows));
      known_ = true;
      emit changed();
      emit chatNoticeChanged();
    };
  });
}

void SnapshotsController::begin(int row) {
  until_ = row;
  trouble_.clear();
  notice_.clear();
  progress_ = 0;
  emit progressChanged();
  emit changed();
}

void SnapshotsController::save(const QString& name) {
  if (!can_save()) return;
  trouble_.clear();
  notice_.clear();
  if (name.simplified().isEmpty()) {
    trouble_ = tr("A snapshot needs a name.");
    emit changed();
    return;
  }
  SaveContextRequest request;
  request.prompt.messages = messages();
  request.prompt.model = library_.model().id;
  request.prompt.caching = chats_.temporary() ? PromptCaching::memory_only : PromptCaching::keep;
  request.prompt.conversation = chats_.current_conversation();
  if (chats_.can_switch_thinking()) request.prompt.enable_thinking = chats_.thinking();
  request.name = name.simplified().toStdString();
  request.model_name = library_.model().name;
  Engine::SaveCallbacks callbacks;
  callbacks.progress = [this](std::uint64_t done, std::uint64_t total) {
    post(this, [this, share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0] {
      progress_ = share;
      emit progressChanged();
    });
  };
  callbacks.done = [this, name = name.simplified()](SavedContext saved) {
    post(this, [this, name, saved] { take_saved(name, saved); });
  };
  callbacks.failed = [this](Failure failure) { post(this, [this, failure] { take_failure(failure); }); };
  progress_ = 0;
  request_ = engine_.save_context(std::move(request), std::move(callbacks));
  emit progressChanged();
  emit changed();
}

void SnapshotsController::take_saved(const QString& name, const SavedContext& saved) {
  request_ = 0;
  notice_ = tr("“%1” was saved: %2, %3.")
                .arg(name, format::tokens(saved.tokens), format::disk_bytes(saved.snapshot.file.bytes));
  emit changed();
  emit this->saved();
  refresh();
}

void SnapshotsController::take_failure(const Failure& failure) {
  request_ = 0;
  trouble_ = failure.code == Errc::cancelled
                 ? tr("Saving was stopped. Nothing was kept.")
                 : tr("The context could not be saved: %1").arg(QString::fromStdString(failure.message));
  emit changed();
}

void SnapshotsController::cancelSaving() {
  if (request_ != 0) engine_.cancel(request_);
}

/// Off the GUI thread: snapshots are large files. What it returns is shown as what was done; what it throws as trouble.
void SnapshotsController::work(std::function<QString()> work) {
  static quint64 number = 0;
  trouble_.clear();
  notice_.clear();
  emit changed();
  background_.run(QStringLiteral("work %1").arg(++number),
                  [this, work = std::move(work)](const std::stop_token&) -> Background::Answer {
                    QString done, wrong;
                    try {
                      done = work();
                    } catch (const Error& error) {
                      wrong = QString::fromUtf8(error.what());
                    }
                    return [this, done, wrong] {
                      notice_ = done;
                      trouble_ = wrong;
                      emit changed();
                      refresh();
                    };
                  });
}

void SnapshotsController::rename(int row, const QString& name) {
  if (row < 0 || row >= snapshots_.count() || name.simplified().isEmpty()) return;
  work([this, id = snapshots_.at(row).info.id, name = name.simplified().toStdString()] {
    engine_.rename_snapshot(id, name);
    return QString();
  });
}

void SnapshotsController::remove(int row) {
  if (row < 0 || row >= snapshots_.count()) return;
  work([this, id = snapshots_.at(row).info.id, name = snapshots_.at(row).info.file.name] {
    engine_.delete_snapshot(id);
    return tr("%1 was deleted.").arg(quoted(name));
  });
}

void SnapshotsController::exportTo(int row, const QUrl& file) {
  if (row < 0 || row >= snapshots_.count() || !file.isLocalFile()) return;
  work([this, id = snapshots_.at(row).info.id, name = snapshots_.at(row).info.file.name, path = file.toLocalFile()] {
    engine_.export_snapshot(id, path.toStdString());
    return tr("%1 was exported to %2. mlx-lm reads it, too.").arg(quoted(name), path);
  });
}

void SnapshotsController::importFrom(const QUrl& file) {
  if (!file.isLocalFile()) return;
  work([this, path = file.toLocalFile().toStdString(), loaded = library_.loaded(), model = library_.name()] {
    const SnapshotInfo info = engine_.import_snapshot(path);
    const QString name = quoted(info.file.name);
    if (!loaded) return tr("%1 was imported. Whether it fits is seen when a model is loaded.").arg(name);
    const SnapshotFit fit = engine_.check_snapshot(info.id);
    const QString sentence = QString::fromStdString(fit.sentence);
    if (!fit.fits) return tr("%1 was imported, but %2 can't use it. %3").arg(name, model, sentence);
    return (tr("%1 was imported and fits %2. %3").arg(name, model, sentence)).trimmed();
  });
}

void SnapshotsController::startChat(int row) {
  if (row < 0 || row >= snapshots_.count()) return;
  const SnapshotInfo info = snapshots_.at(row).info;
  background_.run(QStringLiteral("start"), [this, info](const std::stop_token&) -> Background::Answer {
    auto messages = std::make_shared<std::vector<ChatMessage>>();
    QString wrong;
    try {
      *messages = engine_.snapshot_messages(info.id);
    } catch (const Error& error) {
      wrong = QString::fromUtf8(error.what());
    }
    return [this, info, messages, wrong] {
      if (wrong.isEmpty() && chats_.start_from(QString::fromStdString(info.file.name), *messages,
                                               messages->empty() ? info.id : std::string()) != 0) {
        emit chatNoticeChanged();
        emit chatStarted();
        return;
      }
      trouble_ = wrong.isEmpty() ? tr("Nothing can be saved now, so no chat was started.") : wrong;
      emit changed();
    };
  });
}

QUrl SnapshotsController::proposedFile(int row) const {
  if (row < 0 || row >= snapshots_.count()) return {};
  QString name = QString::fromStdString(snapshots_.at(row).info.file.name);
  for (QChar& character : name) {
    if (character == u'/' || character.unicode() < 0x20) character = u'-';
  }
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
  return QUrl::fromLocalFile(QDir(folder).filePath(name + QLatin1String(".safetensors")));
}

void SnapshotsController::dismiss() {
  trouble_.clear();
  notice_.clear();
  emit changed();
}

}  // namespace etna::gui
