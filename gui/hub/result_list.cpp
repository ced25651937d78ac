#include "gui/hub/result_list.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "gui/hub/fit.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

struct Ability {
  const char* tag;
  const char* word;
};

// What tags say that people look for.
constexpr Ability abilities[] = {
    {"conversational", QT_TRANSLATE_NOOP("ResultList", "chat")},
    {"image-text-to-text", QT_TRANSLATE_NOOP("ResultList", "vision")},
    {"tool-use", QT_TRANSLATE_NOOP("ResultList", "tools")},
    {"function-calling", QT_TRANSLATE_NOOP("ResultList", "tools")},
    {"reasoning", QT_TRANSLATE_NOOP("ResultList", "reasoning")},
    {"code", QT_TRANSLATE_NOOP("ResultList", "code")},
    {"feature-extraction", QT_TRANSLATE_NOOP("ResultList", "embeddings")},
    {"sentence-similarity", QT_TRANSLATE_NOOP("ResultList", "embeddings")},
};

QString format_word(const hub::ModelSummary& model) {
  if (model.is_gguf()) return QStringLiteral("GGUF");
  if (model.is_mlx()) return QStringLiteral("MLX");
  return model.has_tag("safetensors") ? QStringLiteral("safetensors") : QString();
}

QString name_of(const std::string& id) {
  const QString text = QString::fromStdString(id);
  return text.mid(text.indexOf(u'/') + 1);
}

}  // namespace

QString short_count(std::uint64_t count) {
  const QLocale locale;
  if (count >= 1'000'000) return ResultList::tr("%1 M").arg(locale.toString(static_cast<double>(count) / 1e6, 'f', 1));
  if (count >= 10'000) return ResultList::tr("%1 k").arg(count / 1000);
  return locale.toString(qulonglong(count));
}

QString short_date(const std::string& iso) {
  const QDate date = QDateTime::fromString(QString::fromStdString(iso), Qt::ISODate).date();
  if (!date.isValid()) return {};
  const bool this_year = date.year() == QDate::currentDate().year();
  return QLocale().toString(date, this_year ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy"));
}

QString short_parameters(std::uint64_t count) {
  if (count == 0) return {};
  const auto number = [](double value) {
    return QLocale().toString(value, 'f', value >= 9.95 || std::abs(value - std::round(value)) < 0.05 ? 0 : 1);
  };
  if (count >= 950'000'000) return ResultList::tr("%1B").arg(number(static_cast<double>(count) / 1e9));
  return ResultList::tr("%1M").arg(qRound(static_cast<double>(count) / 1e6));
}

int ResultList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QHash<int, QByteArray> ResultList::roleNames() const {
  return {{IdRole, "repository"},   {NameRole, "name"},           {PublisherRole, "publisher"}, {LineRole, "line"},
          {ChipsRole, "chips"},     {DownloadsRole, "downloads"}, {ChangedRole, "changed"},     {FitRole, "fit"},
          {FitTextRole, "fitText"}, {ShareRole, "share"},         {PresentRole, "present"},     {GatedRole, "gated"},
          {SpokenRole, "spoken"}};
}

QVariant ResultList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = all_[static_cast<std::size_t>(shown_[index.row()])];
  switch (role) {
    case IdRole: return QString::fromStdString(row.model.id);
    case Qt::DisplayRole:
    case NameRole: return name_of(row.model.id);
    case PublisherRole: return QString::fromStdString(row.model.id).section(u'/', 0, -2);
    case LineRole: return line(row);
    case ChipsRole: return chips(row).join(QStringLiteral(" · "));
    case DownloadsRole: return short_count(row.model.downloads);
    case ChangedRole: return short_date(row.model.last_modified);
    case FitRole: return row.memory_bytes > 0 ? static_cast<int>(row.fit) : -1;
    case FitTextRole: return fit_text(row);
    case ShareRole:
      return row.memory_bytes > 0 && limit_ > 0
                 ? std::min(1.0, static_cast<double>(row.memory_bytes) / static_cast<double>(limit_))
                 : -1.0;
    case PresentRole: return row.present;
    case GatedRole: return row.model.access != hub::Access::open;
    case SpokenRole: {
      QStringList words = {name_of(row.model.id), line(row), chips(row).join(QStringLiteral(", ")), fit_text(row)};
      if (row.present) words << tr("on this computer");
      words.removeAll(QString());
      return words.join(QStringLiteral(". "));
    }
    default: return {};
  }
}

QString ResultList::fit_text(const Row& row) const {
  if (row.memory_bytes == 0) return tr("Size not known");
  const QString amount = format::memory_bytes(row.memory_bytes);
  return row.exact ? tr("%1 · %2").arg(fit_word(row.fit), amount) : tr("%1 · about %2").arg(fit_word(row.fit), amount);
}

QString ResultList::line(const Row& row) const {
  QStringList parts = {QString::fromStdString(row.model.id).section(u'/', 0, -2)};
  if (!row.model.license.empty()) parts << QString::fromStdString(row.model.license);
  if (!row.model.architecture.empty()) {
    parts << QString::fromStdString(row.model.architecture);
  } else if (!row.model.model_type.empty()) {
    parts << QString::fromStdString(row.model.model_type);
  }
  if (row.model.access != hub::Access::open) parts << tr("asks for consent");
  parts.removeAll(QString());
  return parts.join(QStringLiteral(" · "));
}

QStringList ResultList::chips(const Row& row) const {
  QStringList chips = {short_parameters(row.parameters), format_word(row.model)};
  for (const Ability& ability : abilities)
    if (row.model.has_tag(ability.tag) || row.model.task == ability.tag) chips << tr(ability.word);
  chips.removeAll(QString());
  chips.removeDuplicates();
  return chips;
}

ResultList::Row ResultList::row_for(const hub::ModelSummary& model) const {
  Row row;
  row.model = model;
  row.parameters = parameter_count(model);
  row.present = present_.contains(QString::fromStdString(model.id));
  if (const std::optional<RoughFit> rough = rough_fit(model, limit_)) {
    row.memory_bytes = rough->memory_bytes;
    row.fit = rough->fit;
  }
  return row;
}

bool ResultList::is_shown(const Row& row) const {
  return !only_fitting_ || row.present || row.memory_bytes == 0 || row.fit != Fit::too_big;
}

QVector<int> ResultList::arranged() const {
  QVector<int> rows;
  for (int i = 0; i < static_cast<int>(all_.size()); ++i)
    if (is_shown(all_[static_cast<std::size_t>(i)])) rows << i;
  // What fits first, and of these what has most weights: the best that this computer runs well.
  const auto order = [this](int index) {
    const Row& row = all_[static_cast<std::size_t>(index)];
    const int ease = row.memory_bytes == 0 ? 2 : row.fit == Fit::fits_well ? 0 : row.fit == Fit::too_big ? 3 : 1;
    return ease;
  };
  if (fitting_first_) std::ranges::stable_sort(rows, {}, order);
  return rows;
}

void ResultList::arrange_again() {
  QVector<int> rows = arranged();
  if (rows == shown_) return;
  beginResetModel();
  shown_ = std::move(rows);
  endResetModel();
  emit countChanged();
}

void ResultList::replace(const std::vector<hub::ModelSummary>& models) {
  beginResetModel();
  all_.clear();
  models_ = models;
  for (const hub::ModelSummary& model : models) all_.push_back(row_for(model));
  shown_ = arranged();
  endResetModel();
  emit countChanged();
}

void ResultList::append(const std::vector<hub::ModelSummary>& models) {
  // Later pages go below what is already read, whatever fits best: rows under the eye stay where they are.
  QVector<int> more;
  const auto first = static_cast<int>(all_.size());
  for (const hub::ModelSummary& model : models) {
    if (std::ranges::find(all_, model.id, [](const Row& row) { return row.model.id; }) != all_.end()) continue;
    all_.push_back(row_for(model));
    models_.push_back(model);
  }
  for (int i = first; i < static_cast<int>(all_.size()); ++i)
    if (is_shown(all_[static_cast<std::size_t>(i)])) more << i;
  if (!more.isEmpty()) {
    beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(more.size()) - 1);
    shown_ << more;
    endInsertRows();
  }
  emit countChanged();
}

void ResultList::set_limit(std::uint64_t bytes) {
  if (bytes == limit_) return;
  limit_ = bytes;
  for (Row& row : all_) {
    if (const std::optional<RoughFit> rough = rough_fit(row.model, limit_); rough && !row.exact) row.fit = rough->fit;
  }
  arrange_again();
  if (!shown_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1), {FitRole, FitTextRole, ShareRole});
}

void ResultList::set_filter(bool only_fitting, bool fitting_first) {
  only_fitting_ = only_fitting;
  fitting_first_ = fitting_first;
  arrange_again();
}

void ResultList::set_present(const QSet<QString>& repositories) {
  if (repositories == present_) return;
  present_ = repositories;
  for (Row& row : all_) row.present = present_.contains(QString::fromStdString(row.model.id));
  arrange_again();
  if (!shown_.isEmpty()) emit dataChanged(index(0), index(rowCount() - 1), {PresentRole, SpokenRole});
}

void ResultList::set_exact(const QString& id, Fit fit, std::uint64_t memory_bytes) {
  const int row = row_of(id);
  if (row < 0) return;
  Row& entry = all_[static_cast<std::size_t>(shown_[row])];
  entry.exact = true;
  entry.fit = fit;
  entry.memory_bytes = memory_bytes;
  emit dataChanged(index(row), index(row), {FitRole, FitTextRole, ShareRole, SpokenRole});
}

int ResultList::row_of(const QString& id) const {
  const std::string wanted = id.toStdString();
  const auto is_it = [&](int at) { return all_[static_cast<std::size_t>(at)].model.id == wanted; };
  const auto found = std::ranges::find_if(shown_, is_it);
  return found == shown_.end() ? -1 : static_cast<int>(found - shown_.begin());
}

}  // namespace etna::gui
