#include "gui/training/tune_draft.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>

namespace etna::gui {
namespace {

using Kind = TuneField::Kind;

constexpr std::array strengths = {5e-5, 2e-4, 5e-4};  // of Low, Normal, High: learning rates
constexpr double usual_rate = 2e-4;
constexpr std::uint64_t quick_iterations = 100;
constexpr std::array presets = {"quick_try", "balanced", "thorough"};

QString tr(const char* text) {
  return QCoreApplication::translate("TuneDraft", text);
}

QString number_text(double value) {
  return QLocale().toString(value, 'g', 3);
}

int index_of(TunePreset preset) {
  return static_cast<int>(preset);
}

/// Of the preset's settings one that has another value in each preset.
QVariant by_preset(TunePreset preset, std::array<QVariant, 3> values) {
  return values.at(static_cast<std::size_t>(preset));
}

QJsonObject schedule_of(const TuneDraft& draft, std::uint64_t updates) {
  const double rate = value_of(draft, QStringLiteral("learning_rate")).toDouble();
  const int warmup = static_cast<int>(
      std::lround(value_of(draft, QStringLiteral("warmup")).toDouble() / 100 * static_cast<double>(updates)));
  QJsonObject schedule;
  const auto rest =
      static_cast<qint64>(std::max<std::uint64_t>(updates, static_cast<std::uint64_t>(warmup) + 1)) - warmup;
  switch (value_of(draft, QStringLiteral("schedule")).toInt()) {
    case 1:
      schedule[QStringLiteral("name")] = QStringLiteral("cosine_decay");
      schedule[QStringLiteral("arguments")] = QJsonArray{rate, rest, 0.0};
      break;
    case 2:
      schedule[QStringLiteral("name")] = QStringLiteral("linear_schedule");
      schedule[QStringLiteral("arguments")] = QJsonArray{rate, 0.0, rest};
      break;
    default:
      // A straight line between two equal rates: a warm-up needs a schedule.
      if (warmup == 0) return {};
      schedule[QStringLiteral("name")] = QStringLiteral("linear_schedule");
      schedule[QStringLiteral("arguments")] = QJsonArray{rate, rate, rest};
  }
  if (warmup > 0) schedule[QStringLiteral("warmup")] = warmup;
  return schedule;
}

QJsonArray strings(const QStringList& texts) {
  return QJsonArray::fromStringList(texts);
}

QString compact(const QJsonObject& json) {
  return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

/// Of a recipe what decides how the data is read.
QJsonObject data_members(const TuneDraft& draft) {
  QJsonObject recipe{
      {QStringLiteral("data"), draft.data},
      {QStringLiteral("max_seq_length"), std::max(value_of(draft, QStringLiteral("max_length")).toInt(), 2)},
      {QStringLiteral("mask_prompt"), value_of(draft, QStringLiteral("answers_only")).toBool()},
      {QStringLiteral("check_share"), draft.check_percent / 100.0},
      {QStringLiteral("split_seed"), 42}};
  if (!draft.fixes.isEmpty()) recipe[QStringLiteral("fixes")] = strings(draft.fixes);
  if (draft.columns.empty()) return recipe;
  QJsonObject columns;
  for (const auto& [column, role] : draft.columns) columns[column] = role;
  recipe[QStringLiteral("columns")] = columns;
  return recipe;
}

}  // namespace

QString data_recipe_of(const TuneDraft& draft) {
  return compact(data_members(draft));
}

const std::vector<TuneField>& tune_fields() {
  // clang-format off
  static const std::vector<TuneField> fields = {
      {"passes", QT_TRANSLATE_NOOP("TuneDraft", "Passes over the data"), QT_TRANSLATE_NOOP("TuneDraft", "How often each row is seen. More learn more, and remember by heart sooner."), Kind::whole, true, 1, 100},
      {"strength", QT_TRANSLATE_NOOP("TuneDraft", "Learning strength"), QT_TRANSLATE_NOOP("TuneDraft", "How far each step moves the model. High learns fast and may become unstable."), Kind::choice, true, 0, 2,
       {QT_TRANSLATE_NOOP("TuneDraft", "Low"), QT_TRANSLATE_NOOP("TuneDraft", "Normal"), QT_TRANSLATE_NOOP("TuneDraft", "High")}},
      {"max_length", QT_TRANSLATE_NOOP("TuneDraft", "Longest row"), QT_TRANSLATE_NOOP("TuneDraft", "Tokens. Longer rows are cut at the end. Memory grows with it."), Kind::whole, true, 32, 131072},
      {"rank", QT_TRANSLATE_NOOP("TuneDraft", "Rank"), QT_TRANSLATE_NOOP("TuneDraft", "How much the adapter can hold. 8 to 16 suffice for a tone, 32 and more for knowledge."), Kind::whole, false, 1, 1024},
      {"alpha", QT_TRANSLATE_NOOP("TuneDraft", "Alpha"), QT_TRANSLATE_NOOP("TuneDraft", "How strongly the adapter counts, against its rank."), Kind::number, false, 0.01, 10000},
      {"dropout", QT_TRANSLATE_NOOP("TuneDraft", "Dropout"), QT_TRANSLATE_NOOP("TuneDraft", "Share of the adapter's inputs left out at random, against learning by heart."), Kind::number, false, 0, 0.9},
      {"targets", QT_TRANSLATE_NOOP("TuneDraft", "Where it learns"), QT_TRANSLATE_NOOP("TuneDraft", "Which parts of a layer get an adapter."), Kind::choice, false, 0, 1,
       {QT_TRANSLATE_NOOP("TuneDraft", "Attention"), QT_TRANSLATE_NOOP("TuneDraft", "All parts")}},
      {"layers", QT_TRANSLATE_NOOP("TuneDraft", "Layers"), QT_TRANSLATE_NOOP("TuneDraft", "How many layers learn, counted from the last. 0: all of them."), Kind::whole, false, 0, 1000},
      {"learning_rate", QT_TRANSLATE_NOOP("TuneDraft", "Learning rate"), QT_TRANSLATE_NOOP("TuneDraft", "The number behind the learning strength."), Kind::number, false, 1e-8, 1},
      {"schedule", QT_TRANSLATE_NOOP("TuneDraft", "Schedule"), QT_TRANSLATE_NOOP("TuneDraft", "How the learning rate falls until the end."), Kind::choice, false, 0, 2,
       {QT_TRANSLATE_NOOP("TuneDraft", "Constant"), QT_TRANSLATE_NOOP("TuneDraft", "Cosine"), QT_TRANSLATE_NOOP("TuneDraft", "Linear")}},
      {"warmup", QT_TRANSLATE_NOOP("TuneDraft", "Warm-up"), QT_TRANSLATE_NOOP("TuneDraft", "Per cent of the steps in which the learning rate rises from nothing."), Kind::number, false, 0, 50},
      {"batch", QT_TRANSLATE_NOOP("TuneDraft", "Batch"), QT_TRANSLATE_NOOP("TuneDraft", "Rows in a step. Memory grows with it."), Kind::whole, false, 1, 1024},
      {"accumulation", QT_TRANSLATE_NOOP("TuneDraft", "Accumulation"), QT_TRANSLATE_NOOP("TuneDraft", "Steps that are averaged before the model changes: a larger batch without its memory."), Kind::whole, false, 1, 1024},
      {"weight_decay", QT_TRANSLATE_NOOP("TuneDraft", "Weight decay"), QT_TRANSLATE_NOOP("TuneDraft", "Pulls the adapter towards nothing, against learning by heart."), Kind::number, false, 0, 1},
      {"seed", QT_TRANSLATE_NOOP("TuneDraft", "Seed"), QT_TRANSLATE_NOOP("TuneDraft", "The same seed, data and settings give the same adapter."), Kind::whole, false, 0, 1e9},
      {"answers_only", QT_TRANSLATE_NOOP("TuneDraft", "Learn only from answers"), QT_TRANSLATE_NOOP("TuneDraft", "Questions are read and not learned."), Kind::yes_no},
      {"checkpointing", QT_TRANSLATE_NOOP("TuneDraft", "Save memory"), QT_TRANSLATE_NOOP("TuneDraft", "Computes parts twice instead of keeping them: slower, with far less memory."), Kind::yes_no},
      {"check_every", QT_TRANSLATE_NOOP("TuneDraft", "Check every"), QT_TRANSLATE_NOOP("TuneDraft", "Steps between two looks at the rows kept for checking. 0: never."), Kind::whole, false, 0, 1e6},
      {"save_every", QT_TRANSLATE_NOOP("TuneDraft", "Save every"), QT_TRANSLATE_NOOP("TuneDraft", "Steps between two checkpoints, from which a run can go on. 0: at the end only."), Kind::whole, false, 0, 1e6},
      {"keep", QT_TRANSLATE_NOOP("TuneDraft", "Checkpoints kept"), QT_TRANSLATE_NOOP("TuneDraft", "The latest so many, and the best. 0: all."), Kind::whole, false, 0, 1000},
  };
  // clang-format on
  return fields;
}

const TuneField* tune_field(const QString& key) {
  const auto& fields = tune_fields();
  const auto found =
      std::ranges::find_if(fields, [&](const TuneField& field) { return key == QLatin1String(field.key); });
  return found == fields.end() ? nullptr : &*found;
}

QVariant preset_value(const TuneDraft& draft, const QString& key) {
  const TunePreset preset = draft.preset;
  if (key == QLatin1String("passes")) return by_preset(preset, {1, 2, 4});
  if (key == QLatin1String("strength")) return 1;
  if (key == QLatin1String("max_length")) return by_preset(preset, {512, 1024, 2048});
  if (key == QLatin1String("rank")) return by_preset(preset, {8, 16, 32});
  if (key == QLatin1String("alpha")) return 2.0 * value_of(draft, QStringLiteral("rank")).toInt();
  if (key == QLatin1String("targets")) return by_preset(preset, {0, 1, 1});
  if (key == QLatin1String("layers")) return by_preset(preset, {8, 16, 0});
  if (key == QLatin1String("learning_rate"))
    return strengths.at(
        static_cast<std::size_t>(std::clamp(value_of(draft, QStringLiteral("strength")).toInt(), 0, 2)));
  if (key == QLatin1String("schedule")) return by_preset(preset, {0, 1, 1});
  if (key == QLatin1String("warmup")) return by_preset(preset, {0.0, 3.0, 3.0});
  if (key == QLatin1String("batch")) return 4;
  if (key == QLatin1String("accumulation")) return by_preset(preset, {1, 1, 2});
  if (key == QLatin1String("weight_decay")) return 0.01;
  if (key == QLatin1String("seed")) return 42;
  if (key == QLatin1String("answers_only")) return true;
  if (key == QLatin1String("checkpointing")) return false;
  if (key == QLatin1String("check_every")) return by_preset(preset, {20, 100, 100});
  if (key == QLatin1String("save_every")) return by_preset(preset, {50, 100, 100});
  if (key == QLatin1String("keep")) return 3;
  return 0.0;
}

QVariant value_of(const TuneDraft& draft, const QString& key) {
  const auto changed = draft.changed.constFind(key);
  return changed == draft.changed.cend() ? preset_value(draft, key) : *changed;
}

QString guard_of(const TuneDraft& draft, const QString& key) {
  const double value = value_of(draft, key).toDouble();
  if (key == QLatin1String("alpha")) {
    const double usual = 2.0 * value_of(draft, QStringLiteral("rank")).toInt();
    if (value != usual) return tr("Alpha is usually twice the rank (%1).").arg(number_text(usual));
  }
  if (key == QLatin1String("learning_rate")) {
    if (value >= 10 * usual_rate)
      return tr("%1 is %2 times the usual; training may diverge.")
          .arg(number_text(value), QLocale().toString(std::floor(value / usual_rate * 1.0001), 'f', 0));
    if (value <= usual_rate / 20)
      return tr("%1 is far below the usual %2; little will be learned.")
          .arg(number_text(value), number_text(usual_rate));
  }
  if (key == QLatin1String("passes") && value > 5)
    return tr("More than 5 passes often make a model repeat its examples.");
  if (key == QLatin1String("check_every") && value == 0)
    return tr("Without checks nothing shows when the model begins to memorise.");
  if (key == QLatin1String("save_every") && value == 0) return tr("A run that is interrupted would begin anew.");
  return {};
}

std::uint64_t iterations_of(const TuneDraft& draft, std::uint64_t rows) {
  if (rows == 0) return 0;
  const auto batch = static_cast<std::uint64_t>(std::max(value_of(draft, QStringLiteral("batch")).toInt(), 1));
  const auto passes = static_cast<std::uint64_t>(std::max(value_of(draft, QStringLiteral("passes")).toInt(), 1));
  const std::uint64_t all = std::max<std::uint64_t>(rows / batch, 1) * passes;
  const bool capped = draft.preset == TunePreset::quick_try && !draft.changed.contains(QStringLiteral("passes"));
  return capped ? std::min(all, quick_iterations) : all;
}

QString recipe_of(const TuneDraft& draft, std::uint64_t iterations, const QString& output) {
  const auto value = [&](const char* key) { return value_of(draft, QLatin1String(key)); };
  const int rank = value("rank").toInt();
  QJsonObject lora{{QStringLiteral("rank"), rank},
                   {QStringLiteral("scale"), value("alpha").toDouble() / std::max(rank, 1)},
                   {QStringLiteral("dropout"), value("dropout").toDouble()}};
  if (value("targets").toInt() == 0)
    lora[QStringLiteral("keys")] = strings({QStringLiteral("self_attn.q_proj"), QStringLiteral("self_attn.k_proj"),
                                            QStringLiteral("self_attn.v_proj"), QStringLiteral("self_attn.o_proj")});
  const auto accumulation = static_cast<std::uint64_t>(std::max(value("accumulation").toInt(), 1));
  const int layers = value("layers").toInt();
  QJsonObject recipe{
      {QStringLiteral("train"), true},
      {QStringLiteral("fine_tune_type"), QStringLiteral("lora")},
      {QStringLiteral("num_layers"), layers == 0 ? -1 : layers},
      {QStringLiteral("lora_parameters"), lora},
      {QStringLiteral("iters"), static_cast<qint64>(std::max<std::uint64_t>(iterations, 1))},
      {QStringLiteral("batch_size"), value("batch").toInt()},
      {QStringLiteral("grad_accumulation_steps"), static_cast<qint64>(accumulation)},
      {QStringLiteral("learning_rate"), value("learning_rate").toDouble()},
      {QStringLiteral("optimizer"), QStringLiteral("adamw")},
      {QStringLiteral("optimizer_config"),
       QJsonObject{
           {QStringLiteral("adamw"), QJsonObject{{QStringLiteral("weight_decay"), value("weight_decay").toDouble()}}}}},
      {QStringLiteral("seed"), value("seed").toInt()},
      {QStringLiteral("grad_checkpoint"), value("checkpointing").toBool()},
      {QStringLiteral("steps_per_report"), 1},
      {QStringLiteral("steps_per_eval"), value("check_every").toInt()},
      {QStringLiteral("val_batches"), 25},
      {QStringLiteral("save_every"), value("save_every").toInt()},
      {QStringLiteral("keep_checkpoints"), value("keep").toInt()},
  };
  if (!draft.model.isEmpty()) recipe[QStringLiteral("model")] = draft.model;
  if (!output.isEmpty()) recipe[QStringLiteral("adapter_path")] = output;
  if (!draft.continues.isEmpty()) recipe[QStringLiteral("resume_adapter_file")] = draft.continues;
  const QJsonObject data = data_members(draft);
  for (auto member = data.begin(); member != data.end(); ++member) recipe[member.key()] = member.value();
  const QJsonObject schedule = schedule_of(draft, iterations / accumulation);
  if (!schedule.isEmpty()) recipe[QStringLiteral("lr_schedule")] = schedule;
  return compact(recipe);
}

TuneDraft with_half_strength(TuneDraft draft) {
  draft.changed[QStringLiteral("learning_rate")] = value_of(draft, QStringLiteral("learning_rate")).toDouble() / 2;
  return draft;
}

QString TuneDraft::to_json() const {
  QJsonObject json{{QStringLiteral("name"), name},
                   {QStringLiteral("data"), data},
                   {QStringLiteral("fixes"), strings(fixes)},
                   {QStringLiteral("check_percent"), check_percent},
                   {QStringLiteral("preset"), QLatin1String(presets.at(static_cast<std::size_t>(index_of(preset))))},
                   {QStringLiteral("changed"), QJsonObject::fromVariantHash(changed)},
                   {QStringLiteral("continues"), continues},
                   {QStringLiteral("step"), step}};
  if (has_model) json[QStringLiteral("model")] = model;
  QJsonArray mapping;
  for (const auto& [column, role] : columns) mapping << QJsonArray{column, role};
  json[QStringLiteral("columns")] = mapping;
  return compact(json);
}

TuneDraft TuneDraft::from_json(const QString& text) {
  const QJsonObject json = QJsonDocument::fromJson(text.toUtf8()).object();
  TuneDraft draft;
  draft.name = json[QStringLiteral("name")].toString();
  draft.has_model = json.contains(QStringLiteral("model"));
  draft.model = json[QStringLiteral("model")].toString();
  draft.data = json[QStringLiteral("data")].toString();
  for (const QJsonValue& fix : json[QStringLiteral("fixes")].toArray()) draft.fixes << fix.toString();
  draft.check_percent = std::clamp(json[QStringLiteral("check_percent")].toInt(5), 0, 50);
  const auto preset = std::ranges::find(presets, json[QStringLiteral("preset")].toString());
  if (preset != presets.end()) draft.preset = static_cast<TunePreset>(preset - presets.begin());
  const QVariantHash changed = json[QStringLiteral("changed")].toObject().toVariantHash();
  for (auto at = changed.begin(); at != changed.end(); ++at) {
    if (tune_field(at.key())) draft.changed.insert(at.key(), at.value());
  }
  for (const QJsonValue& column : json[QStringLiteral("columns")].toArray())
    draft.columns.emplace_back(column[0].toString(), column[1].toString());
  draft.continues = json[QStringLiteral("continues")].toString();
  draft.step = std::clamp(json[QStringLiteral("step")].toInt(), 0, 5);
  return draft;
}

}  // namespace etna::gui
