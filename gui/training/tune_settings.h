#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>

#include "gui/training/tune_draft.h"
#include "gui/training/tune_rows.h"

namespace etna::gui {

/// The Settings step: a preset, and what differs from it.
class TuneSettings : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The Fine-tune page's controller owns it")
  Q_PROPERTY(int preset READ preset WRITE set_preset NOTIFY changed)
  Q_PROPERTY(etna::gui::TuneRows* presets READ presets CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* simple READ simple CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* advanced READ advanced CONSTANT)

public:
  explicit TuneSettings(TuneDraft& draft, QObject* parent = nullptr);

  int preset() const { return static_cast<int>(draft_.preset); }

  void set_preset(int preset);  ///< what was changed becomes the preset's again

  TuneRows* presets() { return &presets_; }  ///< title, note, cost

  TuneRows* simple() {
    return &simple_;
  }  ///< key, label, note, kind, number, text, choices, guard, changed, least, most

  TuneRows* advanced() { return &advanced_; }  ///< the same

  /// What each preset takes, in words.
  void set_costs(const QStringList& costs);

  void refresh();

  Q_INVOKABLE void setNumber(const QString& key, double value);
  Q_INVOKABLE bool setText(const QString& key, const QString& text);  ///< false: it is no number in its bounds
  Q_INVOKABLE void reset(const QString& key);

signals:
  void changed();
  void edited();

private:
  QVariantList row_of(const TuneField& field) const;

  TuneDraft& draft_;
  QStringList costs_;
  TuneRows presets_, simple_, advanced_;
};

}  // namespace etna::gui
