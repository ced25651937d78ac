#include "gui/chat/files/chat_files_controller.h"

#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QRegularExpression>

#include "engine/base/files.h"
#include "gui/chat/store/chat_files.h"
#include "gui/jobs/post.h"

namespace etna::gui {
namespace {

constexpr int longest_name = 80;
constexpr double told_step = 0.01;  // of the progress: a hundred messages to the screen at most

std::filesystem::path path_of(const QUrl& file) {
  return QFile::encodeName(file.toLocalFile()).toStdString();
}

QString count_text(const QString& one, const QString& many, std::uint64_t count) {
  return count == 1 ? one : many.arg(count);
}

/// A chat that is only here: what is shown of it.
chats::Transcript transcript_of(const Chat& chat) {
  chats::Transcript transcript;
  transcript.chat.title = chat.title.toStdString();
  transcript.chat.settings = chat.settings;
  for (int row = 0; row < chat.messages->count(); ++row) {
    const MessageList::Message& from = chat.messages->at(row);
    chats::Message message;
    message.role = from.sender == MessageList::User ? chats::Role::user : chats::Role::assistant;
    message.text = from.text.toStdString();
    message.thinking = from.thinking.toStdString();
    message.tool_calls = from.tool_calls;
    message.model_name = from.model_name.toStdString();
    transcript.messages.push_back(std::move(message));
  }
  return transcript;
}

}  // namespace

ChatFiles::ChatFiles(ChatKeeper& keeper, ChatController& chats, QObject* parent)
    : QObject(parent), keeper_(keeper), chats_(chats) {
  // Another store stands behind the keeper: the old one's answer never comes.
  connect(&keeper_, &ChatKeeper::opened, this, [this] {
    if (busy_) end(tr("The file was not finished: the chats were opened again."), true);
  });
}

ChatFiles::~ChatFiles() {
  stop_.request_stop();
}

QString ChatFiles::fileName(int id, int format) const {
  const int row = chats_.chats()->row_of(id);
  QString name = row < 0 ? tr("Chats", "name of a file with all chats")
                         : chats_.chats()->data(chats_.chats()->index(row), ChatList::TitleRole).toString();
  // What some file system or a shell takes for more than a letter; and marks that turn the reading order.
  static const QRegularExpression strange(
      QStringLiteral("[\\x{00}-\\x{1f}/\\\\:*?\"<>|\\x{7f}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]"));
  name.replace(strange, QStringLiteral(" "));
  name = name.simplified().left(longest_name).trimmed();
  while (name.startsWith(u'.') || name.startsWith(u' ')) name.remove(0, 1);  // no file that is hidden
  if (name.isEmpty()) name = tr("Chat", "name of a file with one chat");
  return name + (format == Json ? QLatin1String(".jsonl") : QLatin1String(".md"));
}

chats::LongWork ChatFiles::begin(const QString& text) {
  stop_ = std::stop_source();
  busy_ = true;
  failed_ = false;
  progress_ = 0;
  text_ = text;
  emit changed();
  const auto done = std::make_shared<std::atomic<double>>(0);
  return {.stop = stop_.get_token(),
          .progress = [self = QPointer(this), receiver = &keeper_, done, stop = stop_.get_token()](double now) {
            if (now < done->load() + told_step || stop.stop_requested()) return;
            *done = now;
            post(receiver, [self, done, stop] {
              if (self && self->busy_ && !stop.stop_requested()) self->take_progress(done);
            });
          }};
}

void ChatFiles::take_progress(const std::shared_ptr<std::atomic<double>>& done) {
  progress_ = done->load();
  emit changed();
}

void ChatFiles::end(const QString& text, bool failed) {
  busy_ = false;
  failed_ = failed;
  text_ = text;
  emit changed();
}

void ChatFiles::end_failed(const QString& what, const Failure& failure) {
  if (failure.code == Errc::cancelled) return end({}, false);
  end(tr("%1 %2", "what was not done, why").arg(what, QString::fromStdString(failure.message)), true);
}

void ChatFiles::exportChat(int id, const QUrl& file, int format) {
  const Chat* chat = chats_.chats()->find(id);
  if (!chat || busy_) return;
  if (chat->saved) return export_to({chat->stored}, file, format);
  if (format == Json) return;
  write_unkept(transcript_of(*chat), file);
}

/// Of a chat that the store does not know.
void ChatFiles::write_unkept(chats::Transcript transcript, const QUrl& file) {
  const QString name = QFileInfo(file.toLocalFile()).fileName();
  begin(tr("Exporting to %1…").arg(name));
  background_.run(QStringLiteral("export"),
                  [this, name, transcript = std::move(transcript),
                   path = path_of(file)](const std::stop_token&) -> Background::Answer {
                    try {
                      FileWriter writer(path);
                      writer.append(chats::markdown_of(transcript));
                      writer.commit();
                      return [this, name] { end(tr("Saved as %1").arg(name), false); };
                    } catch (const Error& error) {
                      return [this, failure = Failure{error.code(), error.what()}] {
                        end_failed(tr("The chat was not exported."), failure);
                      };
                    }
                  });
}

void ChatFiles::exportAll(const QUrl& file, int format) {
  if (!busy_) export_to({}, file, format);
}

void ChatFiles::export_to(std::vector<chats::ChatId> ids, const QUrl& file, int format) {
  const QString name = QFileInfo(file.toLocalFile()).fileName();
  const bool one = !ids.empty();
  keeper_.store().export_to(
      std::move(ids), path_of(file),
      [self = QPointer(this), name, one](const chats::Outcome<chats::Saved>& outcome) {
        if (!self) return;
        if (outcome) return self->end(tr("Saved as %1").arg(name), false);
        self->end_failed(one ? tr("The chat was not exported.") : tr("The chats were not exported."),
                         outcome.failure());
      },
      format == Json ? chats::ExportFormat::json : chats::ExportFormat::markdown,
      begin(tr("Exporting to %1…").arg(name)));
}

void ChatFiles::importFile(const QUrl& file) {
  if (busy_ || keeper_.refuses()) return;
  keeper_.store().import_file(
      path_of(file),
      [self = QPointer(this)](const chats::Outcome<chats::ImportReport>& outcome) {
        if (!self) return;
        if (!outcome) return self->end_failed(tr("Nothing was imported."), outcome.failure());
        // Folders may be new: they come first, so that the chats find their places.
        self->chats_.take_imported(*outcome);
        QString text = tr("%1 imported, with %2", "chats, messages")
                           .arg(count_text(tr("1 chat"), tr("%1 chats"), outcome->chats.size()),
                                count_text(tr("1 message"), tr("%1 messages"), outcome->messages));
        if (outcome->skipped_chats > 0)
          text += u' ' + count_text(tr("1 empty chat was left out."), tr("%1 empty chats were left out."),
                                    outcome->skipped_chats);
        if (outcome->trashed_chats > 0)
          text +=
              u' ' + count_text(tr("1 more is in the Trash."), tr("%1 more are in the Trash."), outcome->trashed_chats);
        for (const std::string& note : outcome->notes) text += u' ' + QString::fromStdString(note);
        self->end(text, false);
      },
      begin(tr("Importing %1…").arg(QFileInfo(file.toLocalFile()).fileName())));
}

void ChatFiles::copyAll(int id) {
  const Chat* chat = chats_.chats()->find(id);
  if (!chat) return;
  if (!chat->saved) {
    emit copied(QString::fromStdString(chats::markdown_of(transcript_of(*chat))));
    return;
  }
  keeper_.store().markdown(chat->stored, [self = QPointer(this)](const chats::Outcome<std::string>& outcome) {
    if (!self) return;
    if (outcome)
      emit self->copied(QString::fromStdString(*outcome));
    else
      self->end_failed(tr("The chat was not copied."), outcome.failure());
  });
}

void ChatFiles::cancel() {
  stop_.request_stop();
}

void ChatFiles::dismiss() {
  if (!busy_) end({}, false);
}

}  // namespace etna::gui
