#include "gui/chat/chat_keeper.h"

#include <QFile>

#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"

namespace etna::gui {
namespace {

using State = chats::StoreStatus::State;

}  // namespace

ChatKeeper::ChatKeeper(const QString& folder, QObject* parent) : QObject(parent), folder_(folder) {
  make_store(false);
}

ChatKeeper::~ChatKeeper() = default;

void ChatKeeper::make_store(bool read_only) {
  chats::ChatStore::Options options;
  options.file = QFile::encodeName(folder_ + QLatin1String("/chats.db")).toStdString();
  options.read_only = read_only;
  options.deliver = [this](std::function<void()> function) { post(this, std::move(function)); };
  options.status = [this](const chats::StoreStatus& status) { take_status(status); };
  options.erased = [this] { emit erased(); };
  options.repaired = [this](const chats::OpenReport& report) {
    take_repair(report);
    emit reopened();
  };
  store_.reset();  // before the next one: a store belongs to one at a time
  store_ = std::make_unique<chats::ChatStore>(std::move(options));
}

void ChatKeeper::open() {
  store_->open([this](const chats::Outcome<chats::Opened>& outcome) {
    if (!outcome) return;  // the status says why
    if (outcome->report.kind == chats::OpenReport::Kind::repaired) take_repair(outcome->report);
    emit opened(*outcome);
  });
}

void ChatKeeper::open_read_only() {
  make_store(true);
  open();
}

void ChatKeeper::try_again() {
  if (status_.state != State::closed) return store_->try_again();
  make_store(false);
  open();
}

bool ChatKeeper::refuses() const {
  return status_.state == State::closed || status_.state == State::read_only;
}

void ChatKeeper::dismiss() {
  if (problem_.code != QLatin1String("E-DB-02")) return;
  problem_ = {};
  emit changed();
}

void ChatKeeper::take_status(const chats::StoreStatus& status) {
  status_ = status;
  const bool repaired = problem_.code == QLatin1String("E-DB-02");
  if (!status.code.empty()) {
    problem_ = make_problem(QString::fromStdString(status.code), QString::fromStdString(status.sentence),
                            folder_ + QLatin1String("/chats.db"));
    // A disk that fails while a model is read calls for other help than one that fails while a chat is saved.
    if (status.state == State::not_saving) problem_.actions = {Remedy::SaveAgain};
  } else if (!repaired) {
    problem_ = {};
  }
  emit changed();
}

void ChatKeeper::take_repair(const chats::OpenReport& report) {
  QString sentence = tr("%n chats are there.", nullptr, static_cast<int>(report.chats));
  if (report.from_backup > 0)
    sentence += u' ' + tr("%n of them are from the copy of %1.", nullptr, static_cast<int>(report.from_backup))
                           .arg(QString::fromStdString(report.backup_date));
  if (report.lost_messages > 0)
    sentence += u' ' + tr("%n messages could not be read.", nullptr, static_cast<int>(report.lost_messages));
  problem_ = make_problem(QStringLiteral("E-DB-02"), sentence, QString::fromStdString(report.kept));
  emit changed();
}

}  // namespace etna::gui
