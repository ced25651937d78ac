#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>

#include "gui/training/loss_series.h"
#include "gui/training/training_runner.h"
#include "gui/training/tune_rows.h"

namespace etna::gui {

/// A run as the Run and Results steps show it, whether it is at work or was long ago. It comes from the store; what
/// happens now is added.
class RunView : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The Fine-tune page's controller owns it")
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString modelName READ model_name NOTIFY changed)
  Q_PROPERTY(QString stateText READ state_words NOTIFY changed)
  Q_PROPERTY(QString stepText READ step_words NOTIFY changed)
  Q_PROPERTY(int phase READ phase NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)
  Q_PROPERTY(bool live READ live NOTIFY changed)
  Q_PROPERTY(bool paused READ paused NOTIFY changed)
  Q_PROPERTY(bool pausing READ pausing NOTIFY changed)
  Q_PROPERTY(QString resumeText READ resume_text NOTIFY changed)
  Q_PROPERTY(QString noticeTitle READ notice_title NOTIFY changed)
  Q_PROPERTY(QString noticeBody READ notice_body NOTIFY changed)
  Q_PROPERTY(bool unstable READ unstable NOTIFY changed)
  Q_PROPERTY(QString hint READ hint NOTIFY changed)
  Q_PROPERTY(QString warning READ warning NOTIFY changed)
  Q_PROPERTY(bool ended READ ended NOTIFY changed)
  Q_PROPERTY(bool hasAdapter READ has_adapter NOTIFY changed)
  Q_PROPERTY(etna::gui::LossSeries* loss READ loss CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* samples READ samples CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* facts READ facts CONSTANT)

public:
  RunView(TrainingRunner& runner, RunKeeper& keeper, QObject* parent = nullptr);

  void show(const runs::Run& run);
  void clear();

  const runs::Run& run() const { return run_; }

  bool known() const { return run_.id != 0; }

  QString name() const { return QString::fromStdString(run_.name); }

  QString model_name() const { return QString::fromStdString(run_.model_name); }

  QString state_words() const;
  QString step_words() const;
  int phase() const;  ///< of the stepper: 0 Preparing, 1 Loading, 2 Training, 3 Saving; 4: all are done
  double progress() const;

  bool live() const;  ///< it is at work, or paused and in memory

  bool paused() const { return live() && run_.state == runs::RunState::paused; }

  bool pausing() const { return live() && runner_.pausing(); }

  QString resume_text() const;  ///< "Resume from step 400"; empty: it can't be
  QString notice_title() const;
  QString notice_body() const;

  bool unstable() const { return run_.state == runs::RunState::unstable; }

  QString hint() const;
  QString warning() const;
  bool ended() const;  ///< it will not go on

  bool has_adapter() const { return !live() && !run_.adapter.empty(); }

  LossSeries* loss() { return &loss_; }

  TuneRows* samples() { return &samples_; }  ///< prompt, first, latest, title

  TuneRows* facts() { return &facts_; }  ///< name, value

  Q_INVOKABLE void dismissHint();

  /// Beside another run of which these steps are; none: alone.
  void compare(const std::vector<runs::Step>& steps, const QString& name) { loss_.compare(steps, name); }

signals:
  void changed();

private:
  bool mine() const { return known() && runner_.run().id == run_.id; }

  void take(const runs::Events& events);
  void show_samples();
  void show_facts();
  void refresh();

  TrainingRunner& runner_;
  RunKeeper& keeper_;
  runs::Run run_;
  LossSeries loss_;
  std::vector<runs::Sample> answers_;
  TuneRows samples_, facts_;
  bool reading_ = false;
  runs::Events meanwhile_;     ///< happened while the store was asked
  std::size_t hint_seen_ = 0;  ///< checks when the hint was put away
};

}  // namespace etna::gui
