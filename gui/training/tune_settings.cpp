#include "gui/training/tune_settings.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

namespace etna::gui {
namespace {

const QByteArrayList field_roles = {"key",     "label", "note",    "kind",  "number", "text",
                                    "choices", "guard", "changed", "least", "most"};

QString translated(const char* text) {
  return QCoreApplication::translate("TuneDraft", text);
}

QString text_of(const TuneField& field, const QVariant& value) {
  if (field.kind == TuneField::Kind::whole) return QString::number(value.toLongLong());
  return QLocale::c().toString(value.toDouble(), 'g', 6);
}

}  // namespace

TuneSettings::TuneSettings(TuneDraft& draft, QObject* parent)
    : QObject(parent),
      draft_(draft),
      presets_({"title", "note", "cost"}),
      simple_(field_roles),
      advanced_(field_roles) {
  refresh();
}

void TuneSettings::set_preset(int preset) {
  if (preset < 0 || preset > 2) return;
  draft_.preset = static_cast<TunePreset>(preset);
  draft_.changed.clear();
  emit edited();
}

void TuneSettings::set_costs(const QStringList& costs) {
  costs_ = costs;
  refresh();
}

void TuneSettings::refresh() {
  presets_.set({{tr("Quick try"), tr("At most 100 steps: does the data work at all?"), costs_.value(0)},
                {tr("Balanced"), tr("Two passes over the data. Right for most."), costs_.value(1)},
                {tr("Thorough"), tr("Four passes and a larger adapter, all layers."), costs_.value(2)}});
  QVector<QVariantList> simple, advanced;
  for (const TuneField& field : tune_fields()) (field.simple ? simple : advanced) << row_of(field);
  simple_.set(simple);
  advanced_.set(advanced);
  emit changed();
}

QVariantList TuneSettings::row_of(const TuneField& field) const {
  const QString key = QLatin1String(field.key);
  const QVariant value = value_of(draft_, key);
  QStringList choices;
  for (const char* choice : field.choices) choices << translated(choice);
  return {key,
          translated(field.label),
          translated(field.note),
          static_cast<int>(field.kind),
          value.toDouble(),
          text_of(field, value),
          choices,
          guard_of(draft_, key),
          value != preset_value(draft_, key),
          field.least,
          field.most};
}

void TuneSettings::setNumber(const QString& key, double value) {
  const TuneField* field = tune_field(key);
  if (!field || !std::isfinite(value) || value < field->least) return;
  if (field->kind != TuneField::Kind::yes_no && value > field->most) return;
  QVariant chosen = value;
  if (field->kind == TuneField::Kind::yes_no) chosen = value != 0;
  if (field->kind == TuneField::Kind::whole || field->kind == TuneField::Kind::choice)
    chosen = static_cast<int>(std::lround(value));
  if (chosen == value_of(draft_, key)) return;
  if (chosen == preset_value(draft_, key)) {
    draft_.changed.remove(key);
  } else {
    draft_.changed[key] = chosen;
  }
  // The strength stands for a rate: another strength is another rate.
  if (key == QLatin1String("strength")) draft_.changed.remove(QStringLiteral("learning_rate"));
  emit edited();
}

bool TuneSettings::setText(const QString& key, const QString& text) {
  const TuneField* field = tune_field(key);
  bool is_number = false;
  double value = QLocale::c().toDouble(text.trimmed(), &is_number);
  if (!is_number) value = QLocale().toDouble(text.trimmed(), &is_number);
  if (!field || !is_number || value < field->least || value > field->most) return false;
  setNumber(key, value);
  return true;
}

void TuneSettings::reset(const QString& key) {
  if (draft_.changed.remove(key) > 0) emit edited();
}

}  // namespace etna::gui
