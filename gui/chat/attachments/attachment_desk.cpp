#include "gui/chat/attachments/attachment_desk.h"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLocale>
#include <QMimeData>
#include <algorithm>
#include <cmath>

#include "gui/chat/attachments/text_file.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

// Counting takes 0.1 ms per kilobyte: an offer counts the beginning and estimates the rest.
constexpr qsizetype counted_characters = 8 * 1024;

}  // namespace

AttachmentDesk::AttachmentDesk(Engine& engine, QObject* parent) : QObject(parent), engine_(engine) {}

void AttachmentDesk::set_list(AttachmentList* list) {
  if (list == list_) return;
  list_ = list;
  dismissProblem();
  dismissOffer();
  count_again();
}

void AttachmentDesk::complain(const QString& sentence) {
  if (problems_.contains(sentence)) return;
  problems_ << sentence;
  emit problemChanged();
}

void AttachmentDesk::dismissProblem() {
  if (problems_.isEmpty()) return;
  problems_.clear();
  emit problemChanged();
}

bool AttachmentDesk::has_room(const QString& name, qint64 bytes) {
  if (list_->count() >= most_files) {
    complain(tr("“%1” was not attached: a message can have %2 files.").arg(name).arg(most_files));
    return false;
  }
  if (list_->bytes() + bytes > most_bytes) {
    complain(tr("“%1” was not attached: the files of a message can have %2 together.")
                 .arg(name, format::disk_bytes(most_bytes)));
    return false;
  }
  return true;
}

bool AttachmentDesk::takes(const QList<QUrl>& urls) const {
  return list_ && !urls.isEmpty() && std::ranges::all_of(urls, [](const QUrl& url) {
    const QString suffix = QFileInfo(url.path()).suffix().toLower();
    return url.isLocalFile() && suffix != QLatin1String("gguf") && suffix != QLatin1String("safetensors");
  });
}

void AttachmentDesk::addFiles(const QList<QUrl>& urls) {
  dismissProblem();
  if (!list_) return;
  for (const QUrl& url : urls) {
    if (url.isLocalFile())
      read(url.toLocalFile());
    else
      complain(tr("“%1” is not on this computer. Save it and attach the file.").arg(url.fileName()));
  }
}

void AttachmentDesk::read(const QString& path) {
  const QString name = QFileInfo(path).fileName();
  if (!has_room(name, 0)) return;
  const quint64 key = list_->begin(name);
  background_.run(QString::number(++serial_), [this, path, name, key, list = list_](const std::stop_token&) {
    TextFile read = read_text_file(path);
    AttachedFile file;
    if (read.attachment) {
      file.file = std::make_shared<const chats::Attachment>(std::move(*read.attachment));
      file.tokens = engine_.count_tokens(file.file->bytes);
    }
    return [this, path, name, key, list, file, problem = read.problem, is_model = read.is_model] {
      if (!list || !list->has(key)) return;  // removed meanwhile
      if (!file.file) {
        list->drop(key);
        if (is_model) return emit modelDropped(QUrl::fromLocalFile(path));
        return complain(problem);
      }
      const auto bytes = static_cast<qint64>(file.file->bytes.size());
      if (list->bytes() + bytes <= most_bytes) return list->finish(key, file);
      list->drop(key);
      has_room(name, bytes);  // says why
    };
  });
}

bool AttachmentDesk::paste() {
  const QMimeData* data = QGuiApplication::clipboard()->mimeData();
  if (!data || !list_) return false;
  QList<QUrl> files;
  for (const QUrl& url : data->urls()) {
    if (url.isLocalFile()) files << url;
  }
  if (!files.isEmpty()) {
    addFiles(files);
    return true;
  }
  const QString text = data->text();
  if (text.size() <= attached_from) return false;
  dismissProblem();
  const int before = list_->count();
  attach_text(text);
  if (list_->count() == before) return true;  // the problem says why
  attached_ = list_->at(before).file;
  pasted_ = text.size() <= longest_put_back ? text : QString();
  set_offer(tr("The long paste was attached as text."), pasted_.isEmpty() ? QString() : tr("Put it into the message"));
  return true;
}

QString AttachmentDesk::free_name() const {
  QStringList taken;
  for (const AttachedFile& file : list_->files()) taken << file.name();
  QString name = tr("Pasted text.txt");
  for (int number = 2; taken.contains(name); ++number) name = tr("Pasted text %1.txt").arg(number);
  return name;
}

void AttachmentDesk::attach_text(const QString& text) {
  const QString name = free_name();
  TextFile made = text_file_of(name, text.toStdString());
  if (!made.attachment) return complain(made.problem);
  const auto bytes = static_cast<qint64>(made.attachment->bytes.size());
  if (!has_room(name, bytes)) return;
  AttachedFile file{.file = std::make_shared<const chats::Attachment>(std::move(*made.attachment))};
  list_->add(file);
  count(file);
}

void AttachmentDesk::notePaste(const QString& text) {
  if (text.size() <= offered_from || !list_) return;
  pasted_ = text;
  attached_.reset();
  const QString counted = text.left(counted_characters);
  const auto tokens = engine_.count_tokens(counted.toStdString());
  const QString pasted = tr("You pasted a long text.");
  if (!tokens) return set_offer(pasted, tr("Attach as text"));
  const double all = static_cast<double>(*tokens) * static_cast<double>(text.size()) / static_cast<double>(counted.size());
  const auto about = static_cast<qulonglong>(std::llround(all / 100) * 100);
  set_offer(pasted, tr("Attach as text (about %1 tokens)").arg(QLocale().toString(about)));
}

void AttachmentDesk::note_draft(const QString& draft) {
  if (offer_.isEmpty() || attached_) return;
  if (!draft.contains(pasted_)) dismissOffer();
}

void AttachmentDesk::acceptOffer() {
  if (offer_.isEmpty() || !list_ || pasted_.isEmpty()) return;
  const QString text = pasted_;
  const auto attached = attached_;
  dismissOffer();
  if (!attached) {
    const int before = list_->count();
    attach_text(text);
    if (list_->count() > before) emit textMoved(text);
    return;
  }
  for (int row = 0; row < list_->count(); ++row) {
    if (list_->at(row).file == attached) list_->remove(row--);
  }
  emit textPutBack(text);
}

void AttachmentDesk::dismissOffer() {
  pasted_.clear();
  attached_.reset();
  set_offer({}, {});
}

void AttachmentDesk::set_offer(const QString& offer, const QString& action) {
  if (offer == offer_ && action == offer_action_) return;
  offer_ = offer;
  offer_action_ = action;
  emit offerChanged();
}

void AttachmentDesk::count(const AttachedFile& file) {
  background_.run(QString::number(++serial_), [this, list = list_, file = file.file](const std::stop_token&) {
    const auto tokens = engine_.count_tokens(file->bytes);
    return [list, file, tokens] {
      if (list) list->set_tokens(file, tokens);
    };
  });
}

void AttachmentDesk::count_again() {
  if (!list_) return;
  for (const AttachedFile& file : list_->files()) count(file);
}

}  // namespace etna::gui
