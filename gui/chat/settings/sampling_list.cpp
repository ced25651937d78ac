#include "gui/chat/settings/sampling_list.h"

#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>

namespace etna::gui {
namespace {

/// What a setting may be. Whole ones have no fractions; doubling ones take the same way of the slider for each
/// doubling.
struct Range {
  const char* name;
  const char* sentence;
  double least, most;  ///< of the slider
  double allowed;      ///< the most that can be typed
  double step;
  bool whole = false;
  bool doubles = false;
  bool slides = true;
};

constexpr double largest_seed = 9'007'199'254'740'991.0;  // whole numbers are exact up to here

// In the order of SamplingList::Setting.
const std::array ranges = {
    Range{QT_TRANSLATE_NOOP("SamplingList", "Temperature"),
          QT_TRANSLATE_NOOP("SamplingList", "How daring the choice of words is; 0 always takes the likeliest."), 0, 2,
          10, 0.05},
    Range{QT_TRANSLATE_NOOP("SamplingList", "Top-p"),
          QT_TRANSLATE_NOOP("SamplingList", "Only the likeliest words that together have this share; 1 allows all."), 0,
          1, 1, 0.01},
    Range{QT_TRANSLATE_NOOP("SamplingList", "Max tokens"),
          QT_TRANSLATE_NOOP("SamplingList", "Where a reply ends at the latest."), 16, 8192, 1'000'000, 1, true, true},
    Range{QT_TRANSLATE_NOOP("SamplingList", "Top-k"),
          QT_TRANSLATE_NOOP("SamplingList", "Only so many of the likeliest words; 0 allows all."), 0, 200, 1'000'000, 1,
          true},
    Range{QT_TRANSLATE_NOOP("SamplingList", "Min-p"),
          QT_TRANSLATE_NOOP("SamplingList",
                            "Only words at least this likely, compared with the likeliest; 0 allows all."),
          0, 1, 1, 0.01},
    Range{QT_TRANSLATE_NOOP("SamplingList", "Repeat penalty"),
          QT_TRANSLATE_NOOP("SamplingList", "Makes words that were just used less likely; 1 leaves them as they are."),
          1, 2, 10, 0.01},
    Range{
        QT_TRANSLATE_NOOP("SamplingList", "Seed"),
        QT_TRANSLATE_NOOP("SamplingList", "The same number gives the same reply again; empty is different each time."),
        0, largest_seed, largest_seed, 1, true, false, false}};

const Range& range_of(int row) {
  return ranges.at(static_cast<std::size_t>(row));
}

double position_of(const Range& range, double value) {
  const double inside = std::clamp(value, range.least, range.most);
  if (range.doubles) return std::log2(inside / range.least) / std::log2(range.most / range.least);
  return (inside - range.least) / (range.most - range.least);
}

double value_at(const Range& range, double position) {
  const double inside = std::clamp(position, 0.0, 1.0);
  const double value = range.doubles ? range.least * std::exp2(inside * std::log2(range.most / range.least))
                                     : range.least + inside * (range.most - range.least);
  return std::round(value / range.step) * range.step;
}

QString text_of(const Range& range, double value) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  if (range.whole) return locale.toString(static_cast<qulonglong>(std::llround(value)));
  return locale.toString(std::round(value * 1000) / 1000, 'g', 6);
}

template <class T>
std::optional<double> number(const std::optional<T>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

template <class T>
void put(std::optional<T>& to, std::optional<double> value) {
  to = value ? std::optional(static_cast<T>(*value)) : std::nullopt;
}

}  // namespace

int SamplingList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(ranges.size());
}

QVariant SamplingList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int row = index.row();
  const Range& range = range_of(row);
  const bool unset_seed = row == Seed && !value(row);
  const double now = value(row).value_or(usual(row));
  switch (role) {
    case NameRole: return tr(range.name);
    case SentenceRole: return tr(range.sentence);
    case TextRole: return unset_seed ? QString() : text_of(range, now);
    case PositionRole: return range.slides ? position_of(range, now) : -1.0;
    case StepRole: return range.doubles ? 1.0 / 36 : range.step / (range.most - range.least);
    case ChangedRole: return value(row).has_value();
    case UsualRole: return row == Seed ? tr("random") : text_of(range, usual(row));
    case BasicRole: return row <= MaxTokens;
    default: return {};
  }
}

QHash<int, QByteArray> SamplingList::roleNames() const {
  return {{NameRole, "name"}, {SentenceRole, "sentence"}, {TextRole, "shown"},  {PositionRole, "position"},
          {StepRole, "step"}, {ChangedRole, "changed"},   {UsualRole, "usual"}, {BasicRole, "basic"}};
}

int SamplingList::changed_count() const {
  int count = 0;
  for (int row = 0; row < rowCount(); ++row) count += value(row) ? 1 : 0;
  return count;
}

void SamplingList::set(const chats::ChatSettings& chosen, const SamplingSettings& usual,
                       std::uint64_t usual_max_tokens) {
  settings_ = chosen;
  usual_ = usual;
  usual_max_tokens_ = usual_max_tokens;
  emit dataChanged(index(0), index(rowCount() - 1));
  emit changed();
}

std::optional<double> SamplingList::value(int row) const {
  switch (row) {
    case Temperature: return settings_.temperature;
    case TopP: return settings_.top_p;
    case MaxTokens: return number(settings_.max_tokens);
    case TopK: return number(settings_.top_k);
    case MinP: return settings_.min_p;
    case RepetitionPenalty: return settings_.repetition_penalty;
    case Seed: return number(settings_.seed);
    default: return {};
  }
}

double SamplingList::usual(int row) const {
  switch (row) {
    case Temperature: return usual_.temperature;
    case TopP: return usual_.top_p;
    case MaxTokens: return static_cast<double>(usual_max_tokens_);
    case TopK: return usual_.top_k;
    case MinP: return usual_.min_p;
    case RepetitionPenalty: return usual_.repetition_penalty == 0 ? 1 : usual_.repetition_penalty;
    default: return 0;
  }
}

void SamplingList::choose(int row, std::optional<double> value) {
  switch (row) {
    case Temperature: settings_.temperature = value; break;
    case TopP: settings_.top_p = value; break;
    case MaxTokens: put(settings_.max_tokens, value); break;
    case TopK: put(settings_.top_k, value); break;
    case MinP: settings_.min_p = value; break;
    case RepetitionPenalty: settings_.repetition_penalty = value; break;
    case Seed: put(settings_.seed, value); break;
    default: return;
  }
  emit dataChanged(index(row), index(row));
  emit changed();
  emit chosen(settings_);
}

void SamplingList::move(int row, double position) {
  if (row < 0 || row >= rowCount() || !range_of(row).slides || !std::isfinite(position)) return;
  choose(row, value_at(range_of(row), position));
}

void SamplingList::type(int row, const QString& text) {
  if (row < 0 || row >= rowCount()) return;
  const Range& range = range_of(row);
  if (text.trimmed().isEmpty()) return reset(row);
  bool valid = false;
  double value = QLocale().toDouble(text.trimmed(), &valid);
  if (!valid) value = QLocale::c().toDouble(text.trimmed(), &valid);
  if (!valid || !std::isfinite(value)) return emit dataChanged(index(row), index(row));  // the field shows what holds
  // The slider's end is not the setting's: no penalty below 1, but a reply may have one token.
  const double least = range.doubles ? 1 : range.least;
  value = std::clamp(value, least, range.allowed);
  if (text_of(range, value) == data(index(row), TextRole).toString()) return;
  choose(row, range.whole ? std::round(value) : value);
}

void SamplingList::reset(int row) {
  if (row < 0 || row >= rowCount() || !value(row)) return;
  choose(row, std::nullopt);
}

chats::ChatSettings without_sampling(chats::ChatSettings settings) {
  settings.temperature = settings.top_p = settings.min_p = settings.repetition_penalty = std::nullopt;
  settings.top_k.reset();
  settings.max_tokens = settings.seed = std::nullopt;
  return settings;
}

}  // namespace etna::gui
