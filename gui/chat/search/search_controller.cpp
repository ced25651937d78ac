#include "gui/chat/search/search_controller.h"

#include <QPointer>

namespace etna::gui {

SearchController::SearchController(ChatKeeper& keeper, QObject* parent) : QObject(parent), keeper_(keeper) {
  // Another store may stand behind the keeper now; the old one's answers never come.
  connect(&keeper_, &ChatKeeper::opened, this, [this] {
    asking_ = false;
    refresh();
  });
}

void SearchController::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  emit textChanged();
  refresh();
}

void SearchController::set_trash_too(bool trash_too) {
  if (trash_too == trash_too_) return;
  trash_too_ = trash_too;
  emit trashTooChanged();
  refresh();
}

void SearchController::refresh() {
  if (text_.trimmed().isEmpty()) {
    ask_again_ = asking_;  // what comes is of no interest
    results_.show({});
    answered_.clear();
    state_ = Idle;
    emit changed();
    return;
  }
  if (state_ == Idle || state_ == Failed) {
    state_ = Searching;
    emit changed();
  }
  ask();
}

void SearchController::ask() {
  ask_again_ = asking_;
  if (asking_) return;
  asking_ = true;
  chats::SearchRequest request;
  request.text = text_.toStdString();
  request.trash_too = trash_too_;
  keeper_.store().search(std::move(request), [self = QPointer(this)](const auto& outcome) {
    if (self) self->take(outcome);
  });
}

void SearchController::take(const chats::Outcome<chats::SearchResults>& outcome) {
  asking_ = false;
  if (text_.trimmed().isEmpty()) return;
  if (std::exchange(ask_again_, false)) return ask();
  answered_ = text_.trimmed();
  failure_ = outcome ? QString() : QString::fromStdString(outcome.failure().message);
  results_.show(outcome ? *outcome : chats::SearchResults{});
  state_ = !outcome ? Failed : results_.count() == 0 ? Nothing : Found;
  emit changed();
}

QString SearchController::summary() const {
  if (state_ == Failed) return tr("The search failed: %1").arg(failure_);
  if (state_ != Found) return {};
  const chats::SearchResults& found = results_.results();
  const QString chats = found.groups.size() == 1 ? tr("1 chat") : tr("%1 chats").arg(found.groups.size());
  if (found.more) return tr("The newest %1 messages, in %2", "number, chats").arg(found.messages).arg(chats);
  const QString messages = found.messages == 1 ? tr("1 message") : tr("%1 messages").arg(found.messages);
  return tr("%1 in %2", "messages, chats").arg(messages, chats);
}

void SearchController::open(int row) {
  const auto [group, hit] = results_.at(row);
  if (!group) return;
  if (group->chat.trashed) {
    emit trashWanted(group->chat.id);
  } else if (!hit) {
    emit openWanted(group->chat.id, 0, {});
  } else {
    const chats::Excerpt& excerpt = hit->excerpt;
    QString words;
    if (!excerpt.matches.empty()) {
      const chats::TextRange match = excerpt.matches.front();
      words = QString::fromStdString(excerpt.text.substr(match.begin, match.end - match.begin));
    }
    emit openWanted(group->chat.id, hit->message, words);
  }
}

}  // namespace etna::gui
