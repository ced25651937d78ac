#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QStringList>
#include <QUrl>
#include <memory>

#include "engine/training_data.h"
#include "gui/jobs/background.h"
#include "gui/training/length_series.h"
#include "gui/training/tune_draft.h"
#include "gui/training/tune_rows.h"

namespace etna::gui {

/// The Data step: what the file is, what the model will learn of it, and what is wrong with it. Reading goes on in the
/// background; the first rows are there at once.
class DataDesk : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The Fine-tune page's controller owns it")
  Q_PROPERTY(QString fileName READ file_name NOTIFY changed)
  Q_PROPERTY(bool chosen READ chosen NOTIFY changed)
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(QString formatText READ format_text NOTIFY changed)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  Q_PROPERTY(bool mappingShown READ mapping_shown NOTIFY changed)
  Q_PROPERTY(QStringList roles READ roles CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* columns READ columns CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* samples READ samples CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* findings READ findings CONSTANT)
  Q_PROPERTY(etna::gui::LengthSeries* lengths READ lengths CONSTANT)
  Q_PROPERTY(double progress READ progress NOTIFY reported)
  Q_PROPERTY(bool looking READ looking NOTIFY reported)
  Q_PROPERTY(QString rowsText READ rows_text NOTIFY reported)
  Q_PROPERTY(int checkPercent READ check_percent WRITE set_check_percent NOTIFY changed)
  Q_PROPERTY(QString splitText READ split_text NOTIFY reported)

public:
  DataDesk(TuneDraft& draft, Background& background, QObject* parent = nullptr);

  QString file_name() const;

  bool chosen() const { return !draft_.data.isEmpty(); }

  bool known() const { return data_ != nullptr; }

  QString format_text() const;

  const QString& problem() const { return problem_; }  ///< why the data can't be read; empty: it can

  bool mapping_shown() const { return known() && (!outline_.is_clear || !draft_.columns.empty()); }

  QStringList roles() const;

  TuneRows* columns() { return &columns_; }  ///< name, role (index of roles), example

  TuneRows* samples() { return &samples_; }  ///< title, html, spoken, problem

  TuneRows* findings() { return &findings_; }  ///< level, text, actions (labels)

  LengthSeries* lengths() { return &lengths_; }

  double progress() const;

  bool looking() const { return known() && !report_.complete && problem_.isEmpty(); }

  QString rows_text() const;

  int check_percent() const { return draft_.check_percent; }

  void set_check_percent(int percent);
  QString split_text() const;

  const DataReport& report() const { return report_; }

  bool unclear() const { return known() && !outline_.is_clear; }

  const QStringList& prompts() const { return prompts_; }  ///< of the first rows, to watch how they are answered

  /// Reads what the draft says, where that is something else than before.
  void refresh();

  Q_INVOKABLE void choose(const QUrl& file);
  Q_INVOKABLE void setRole(int column, int role);
  Q_INVOKABLE void act(int finding, int action);
  Q_INVOKABLE void undoFixes();
  Q_INVOKABLE void next();
  Q_INVOKABLE void previous();
  Q_INVOKABLE void random();

signals:
  void changed();
  void reported();
  void edited();  ///< the draft was, by this

private:
  struct Shown {
    std::uint64_t row = 0;  ///< from 1
    DataSample sample;
  };

  static std::vector<Shown> read(const TrainingData& data, const std::vector<std::uint64_t>& rows);
  void take_data(const std::shared_ptr<const TrainingData>& data, const DataOutline& outline, std::uint64_t bytes,
                 const std::vector<Shown>& shown);
  void take_report(const DataReport& report);
  void look();
  void show_rows(const std::vector<std::uint64_t>& rows);
  void show(const std::vector<Shown>& shown);

  TuneDraft& draft_;
  Background& background_;
  QString asked_;  ///< what is read: changes of the draft that do not matter here do not start again
  std::shared_ptr<const TrainingData> data_;
  DataOutline outline_;
  std::uint64_t bytes_ = 0;  ///< of the file
  DataReport report_;
  QString problem_;
  QStringList prompts_;
  std::uint64_t first_shown_ = 1;
  quint64 serial_ = 0;  ///< reports on older data are ignored
  TuneRows columns_, samples_, findings_;
  LengthSeries lengths_;
};

}  // namespace etna::gui
