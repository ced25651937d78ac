#include "gui/chat/context/context_parts.h"

#include <QCoreApplication>
#include <QLocale>

#include "gui/plot/plot_data.h"
#include "gui/text/format.h"

namespace etna::gui {

int ContextParts::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(parts_.size());
}

QVariant ContextParts::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ContextPart& part = parts_.at(index.row());
  switch (role) {
    case NameRole: return part.name;
    case AmountRole: return format::tokens(part.tokens);
    case ColorRole: return part.color;
    case PatternRole: return part.pattern;
    default: return {};
  }
}

QHash<int, QByteArray> ContextParts::roleNames() const {
  return {{NameRole, "name"}, {AmountRole, "amount"}, {ColorRole, "colorIndex"}, {PatternRole, "pattern"}};
}

void ContextParts::set(const QVector<ContextPart>& parts) {
  if (parts == parts_) return;
  if (parts.size() == parts_.size()) {
    parts_ = parts;
    emit dataChanged(index(0), index(rowCount() - 1));
    return;
  }
  beginResetModel();
  parts_ = parts;
  endResetModel();
}

QVector<ContextPart> context_parts(const ContextUse& use) {
  const auto name = [](const char* text) { return QCoreApplication::translate("ContextParts", text); };
  const int stripes = static_cast<int>(Pattern::stripes), dots = static_cast<int>(Pattern::dots);
  return {{name(QT_TRANSLATE_NOOP("ContextParts", "System")), use.system, 3, 0},
          {name(QT_TRANSLATE_NOOP("ContextParts", "History")), use.history, 0, 0},
          {name(QT_TRANSLATE_NOOP("ContextParts", "Attachments")), use.attachments, 2, dots},
          {name(QT_TRANSLATE_NOOP("ContextParts", "This message")), use.message, 1, 0},
          {name(QT_TRANSLATE_NOOP("ContextParts", "Reply reserve")), use.reserve, 5, stripes}};
}

}  // namespace etna::gui
