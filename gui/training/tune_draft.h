#pragma once

#include <QHash>
#include <QString>
#include <QStringList>
#include <QVariant>
#include <cstdint>
#include <utility>
#include <vector>

namespace etna::gui {

/// How much a run is to learn, in one word.
enum class TunePreset { quick_try, balanced, thorough };

/// What the wizard asks for: everything that a draft keeps. Settings are those of the preset, but for what was changed.
struct TuneDraft {
  QString name;  ///< of the adapter
  bool has_model = false;
  QString model;                                     ///< path; empty: the starter
  QString data;                                      ///< path; empty: none was chosen
  std::vector<std::pair<QString, QString>> columns;  ///< none: as detected
  QStringList fixes;
  int check_percent = 5;
  TunePreset preset = TunePreset::balanced;
  QVariantHash changed;  ///< settings by their key, where they are not the preset's
  QString continues;     ///< adapter's weights to begin with; empty: none
  int step = 0;          ///< of the wizard, where it was left

  QString to_json() const;
  static TuneDraft from_json(const QString& json);  ///< what makes no sense is left out

  friend bool operator==(const TuneDraft&, const TuneDraft&) = default;
};

/// A setting of the Settings step.
struct TuneField {
  enum class Kind { whole, number, yes_no, choice };

  const char* key;
  const char* label;
  const char* note;  ///< one sentence
  Kind kind = Kind::whole;
  bool simple = false;  ///< shown without the advanced settings
  double least = 0;
  double most = 0;
  std::vector<const char*> choices = {};
};

const std::vector<TuneField>& tune_fields();
const TuneField* tune_field(const QString& key);

/// The value of a setting: the draft's, or the preset's. Numbers, booleans; a choice is its index.
QVariant value_of(const TuneDraft& draft, const QString& key);
QVariant preset_value(const TuneDraft& draft, const QString& key);

/// What a person should think about before: "alpha is usually twice the rank (32)"; empty: nothing.
QString guard_of(const TuneDraft& draft, const QString& key);

/// Batches that a run of so many rows takes; 0: the rows are not known.
std::uint64_t iterations_of(const TuneDraft& draft, std::uint64_t rows);

/// The run as recipes say it (engine/training/data/recipe.h), as JSON. `iterations`: iterations_of.
QString recipe_of(const TuneDraft& draft, std::uint64_t iterations, const QString& output);

/// Of that what decides how the data is read and looked at.
QString data_recipe_of(const TuneDraft& draft);

/// The same settings with half the learning strength.
TuneDraft with_half_strength(TuneDraft draft);

}  // namespace etna::gui
