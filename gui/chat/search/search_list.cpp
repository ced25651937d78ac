#include "gui/chat/search/search_list.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

namespace etna::gui {
namespace {

constexpr std::size_t most_before_match = 48;  // bytes: about one line of a narrow window

QString day_of(chats::Time moment) {
  return QLocale().toString(QDateTime::fromMSecsSinceEpoch(moment).date(), QLocale::ShortFormat);
}

QString title_of(const chats::ChatSummary& chat) {
  return chat.title.empty() ? SearchList::tr("New chat") : QString::fromStdString(chat.title);
}

/// Where the excerpt is to begin: at a word, some way before what matches.
std::size_t begin_of(const chats::Excerpt& excerpt) {
  if (excerpt.matches.empty() || excerpt.matches.front().begin <= most_before_match) return 0;
  const std::size_t match = excerpt.matches.front().begin;
  const std::size_t space = excerpt.text.find(' ', match - most_before_match);
  return space == std::string::npos || space >= match ? match : space + 1;
}

}  // namespace

QString marked_text(const chats::Excerpt& excerpt) {
  const auto piece = [&](std::size_t from, std::size_t to) {
    return QString::fromStdString(excerpt.text.substr(from, to - from)).toHtmlEscaped();
  };
  std::size_t at = begin_of(excerpt);
  QString text = at > 0 && !excerpt.text.starts_with("…") ? QStringLiteral("…") : QString();
  for (const chats::TextRange& match : excerpt.matches) {
    text += piece(at, match.begin) + QLatin1String("<b>") + piece(match.begin, match.end) + QLatin1String("</b>");
    at = match.end;
  }
  return text + piece(at, excerpt.text.size());
}

int SearchList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

std::pair<const chats::SearchGroup*, const chats::SearchHit*> SearchList::at(int row) const {
  if (row < 0 || row >= count()) return {};
  const Row& place = rows_[static_cast<std::size_t>(row)];
  const chats::SearchGroup& group = results_.groups[static_cast<std::size_t>(place.group)];
  return {&group, place.hit < 0 ? nullptr : &group.hits[static_cast<std::size_t>(place.hit)]};
}

QVariant SearchList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto [group, hit] = at(index.row());
  switch (role) {
    case HeadRole: return hit == nullptr;
    case MarkedRole:
      if (hit) return marked_text(hit->excerpt);
      return group->title ? marked_text(*group->title) : title_of(group->chat).toHtmlEscaped();
    case PlainRole: return hit ? QString::fromStdString(hit->excerpt.text) : title_of(group->chat);
    case WhoRole: return !hit ? QString() : hit->role == chats::Role::user ? tr("You") : tr("Reply");
    case DateRole: return day_of(hit ? hit->created : group->chat.changed);
    case TrashedRole: return group->chat.trashed.has_value();
    case ChoosableRole: return choosable(rows_[static_cast<std::size_t>(index.row())]);
    default: return {};
  }
}

QHash<int, QByteArray> SearchList::roleNames() const {
  return {{HeadRole, "head"}, {MarkedRole, "marked"},   {PlainRole, "plain"},        {WhoRole, "who"},
          {DateRole, "date"}, {TrashedRole, "trashed"}, {ChoosableRole, "choosable"}};
}

void SearchList::show(chats::SearchResults results) {
  beginResetModel();
  results_ = std::move(results);
  rows_.clear();
  for (int group = 0; group < std::ssize(results_.groups); ++group) {
    const auto hits = static_cast<int>(results_.groups[static_cast<std::size_t>(group)].hits.size());
    for (int hit = -1; hit < hits; ++hit) rows_.push_back({group, hit});
  }
  endResetModel();
  emit countChanged();
}

bool SearchList::choosable(const Row& row) const {
  return row.hit >= 0 || results_.groups[static_cast<std::size_t>(row.group)].hits.empty();
}

int SearchList::next(int row, int step) const {
  for (int at = row + (step < 0 ? -1 : 1); at >= 0 && at < count(); at += step < 0 ? -1 : 1) {
    if (choosable(rows_[static_cast<std::size_t>(at)])) return at;
  }
  return row;
}

}  // namespace etna::gui
