#pragma once

#include <QtQml/qqmlregistration.h>
#include <QHash>
#include <QObject>
#include <QTimer>
#include <QUrl>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "gui/chat/compare/compare_controller.h"
#include "gui/jobs/background.h"
#include "gui/models/library_controller.h"
#include "gui/plot/bar_list.h"
#include "gui/training/data_desk.h"
#include "gui/training/run_keeper.h"
#include "gui/training/run_view.h"
#include "gui/training/training_runner.h"
#include "gui/training/tune_settings.h"

namespace etna::gui {

/// Fine-tuning: the steps from a model and a file to a changed model, and the runs that there are. Every change is kept
/// at once as a draft. A run goes on whether this page is seen or not.
class TrainingController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(int step READ step NOTIFY changed)
  Q_PROPERTY(bool editable READ editable NOTIFY changed)
  Q_PROPERTY(bool hasRun READ has_run NOTIFY changed)
  Q_PROPERTY(bool hasResults READ has_results NOTIFY changed)
  Q_PROPERTY(QString name READ name WRITE set_name NOTIFY changed)
  Q_PROPERTY(QString modelName READ model_name NOTIFY changed)
  Q_PROPERTY(double current READ current NOTIFY changed)
  Q_PROPERTY(etna::gui::TuneRows* runs READ runs CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* models READ models CONSTANT)
  Q_PROPERTY(etna::gui::DataDesk* data READ data CONSTANT)
  Q_PROPERTY(etna::gui::TuneSettings* settings READ settings CONSTANT)
  Q_PROPERTY(etna::gui::RunView* view READ view CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* summary READ summary CONSTANT)
  Q_PROPERTY(etna::gui::TuneRows* missing READ missing CONSTANT)
  Q_PROPERTY(etna::gui::BarList* bars READ bars CONSTANT)
  Q_PROPERTY(bool ready READ ready NOTIFY summaryChanged)
  Q_PROPERTY(bool estimating READ estimating NOTIFY summaryChanged)
  Q_PROPERTY(QString reviewText READ review_text NOTIFY summaryChanged)
  Q_PROPERTY(QString unloadText READ unload_text NOTIFY summaryChanged)
  Q_PROPERTY(bool keepLoaded READ keep_loaded WRITE set_keep_loaded NOTIFY summaryChanged)
  Q_PROPERTY(bool active READ active NOTIFY activeChanged)
  Q_PROPERTY(QString otherRunText READ other_run_text NOTIFY activeChanged)
  Q_PROPERTY(QString troubleText READ trouble_text NOTIFY troubleChanged)
  Q_PROPERTY(double mergeProgress READ merge_progress NOTIFY mergeChanged)
  Q_PROPERTY(QString mergeText READ merge_text NOTIFY mergeChanged)
  Q_PROPERTY(QStringList otherNames READ other_names NOTIFY changed)
  Q_PROPERTY(bool canContinue READ can_continue NOTIFY summaryChanged)

public:
  enum Step { Model, Data, Settings, Review, Run, Results };
  Q_ENUM(Step)

  /// `folder`: where runs and adapters lie.
  TrainingController(Engine& engine, LibraryController& library, const QString& folder, QObject* parent = nullptr);
  ~TrainingController() override;

  int step() const { return draft_.step; }

  bool editable() const { return run_.state == etna::runs::RunState::draft; }  ///< nothing was started with it yet

  bool has_run() const { return !editable(); }

  bool has_results() const { return has_run() && view_.ended(); }

  const QString& name() const { return draft_.name; }

  void set_name(const QString& name);
  QString model_name() const;

  double current() const { return static_cast<double>(run_.id); }  ///< of the run that is shown

  TuneRows* runs() { return &runs_; }  ///< id, name, note, live, spark

  TuneRows* models() { return &models_; }  ///< path, name, note, chosen, usable, recommended

  DataDesk* data() { return &data_; }

  TuneSettings* settings() { return &settings_; }

  RunView* view() { return &view_; }

  TuneRows* summary() { return &summary_; }  ///< name, value

  TuneRows* missing() { return &missing_; }  ///< what, step

  BarList* bars() { return &bars_; }

  bool ready() const { return ready_; }

  bool estimating() const { return estimating_; }

  QString review_text() const;
  QString unload_text() const;  ///< "Qwen3-8B will be unloaded while training."; empty: nothing is loaded

  bool keep_loaded() const { return keep_loaded_; }

  void set_keep_loaded(bool keep);

  bool active() const { return runner_.active(); }

  QString other_run_text() const;  ///< why no other run can be started; empty: it can

  const QString& trouble_text() const { return trouble_; }  ///< runs can't be kept; empty: they can

  double merge_progress() const { return merge_progress_; }  ///< 0 to 1; below 0: nothing is merged

  const QString& merge_text() const { return merge_text_; }  ///< "2.5 GB, beside the model itself"

  QStringList other_names() const;  ///< of runs that this one can be compared with, after "No other run"

  bool can_continue() const;  ///< what the shown step asks for is there

  TrainingRunner& runner() { return runner_; }

  /// Models that are on this computer, beside the starter and those that were used lately.
  void set_library(const QStringList& paths);

  Q_INVOKABLE void open();  ///< reads what there is; the first time alone
  Q_INVOKABLE void newRun();
  Q_INVOKABLE void showRun(double id);
  Q_INVOKABLE void removeRun(double id);
  Q_INVOKABLE void goTo(int step);
  Q_INVOKABLE void chooseModel(const QString& path);
  Q_INVOKABLE void chooseFolder(const QUrl& folder);
  Q_INVOKABLE void start();
  Q_INVOKABLE void saveRecipe(const QUrl& file);

  Q_INVOKABLE void pause() { runner_.pause(); }

  Q_INVOKABLE void goOn();
  Q_INVOKABLE void stop(bool keep);
  Q_INVOKABLE void copySettings();
  Q_INVOKABLE void tryHalf();  ///< the same settings with half the learning strength
  Q_INVOKABLE void trainFurther();
  Q_INVOKABLE void exportAdapter(const QUrl& folder, bool peft);  ///< mlx-lm's form, or PEFT's
  Q_INVOKABLE void mergeInto(const QUrl& folder);                 ///< a model of its own, below the folder
  Q_INVOKABLE void cancelMerge();
  Q_INVOKABLE void compareWith(int index);                         ///< of otherNames
  Q_INVOKABLE void tryOut(etna::gui::CompareController* compare);  ///< the model without and with what it learned
  Q_INVOKABLE void useInChat();
  Q_INVOKABLE void pauseForQuit();  ///< quitReady() follows

  Q_INVOKABLE bool mayQuit() const { return !runner_.active(); }

  /// The window is going: what is known is written.
  void shut_down();

signals:
  void changed();
  void summaryChanged();
  void activeChanged();
  void troubleChanged();
  void mergeChanged();
  void said(const QString& sentence);  ///< something was done, or was not
  void chatWanted();                   ///< a model is being loaded with what it learned
  void quitReady();

private:
  void take_runs(const std::vector<etna::runs::Summary>& runs);
  void show(const etna::runs::Run& run);
  void begin_draft(const TuneDraft& draft, const QString& name);
  void edit();
  void keep();
  void refresh_models();
  void refresh_runs();
  void refresh_summary();
  void ask_estimate();
  void take_estimate(const std::optional<TrainingEstimate>& estimate, const QString& problem);
  void ask_costs();
  void measure_model();
  void take_merge(double progress);
  QStringList model_paths() const;
  void check_models();
  void check_interrupted(const etna::runs::Run& run);
  void show_summary();
  void begin(const QString& recipe, bool resume);
  QVector<QVariantList> missing_rows() const;
  QString time_text(std::uint64_t iterations) const;
  QString unused_name(const QString& wanted) const;
  std::uint64_t iterations() const;
  std::vector<etna::runs::Run> others() const;
  TrainingRequest request_of(const TuneDraft& draft, std::uint64_t iterations, const QString& output) const;
  etna::runs::Summary* find(etna::runs::RunId id);

  Engine& engine_;
  LibraryController& library_;
  QString folder_;
  Background background_;
  RunKeeper keeper_;
  TrainingRunner runner_;
  TuneDraft draft_;
  etna::runs::Run run_;  ///< that is shown; a draft too
  std::vector<etna::runs::Summary> all_;
  QStringList library_paths_, chosen_folders_;
  QHash<QString, QString> unusable_;  ///< models that can't be read, and what is said of them
  QHash<QString, QString> model_notes_;
  QString trouble_, estimate_problem_, merge_text_;
  double merge_progress_ = -1;
  std::optional<TrainingEstimate> estimate_;
  QString estimated_for_;
  bool opened_ = false, ready_ = false, estimating_ = false, keep_loaded_ = false, quitting_ = false;
  TuneRows runs_, models_, summary_, missing_;
  BarList bars_;
  DataDesk data_;
  TuneSettings settings_;
  RunView view_;
  QTimer estimate_timer_;
};

}  // namespace etna::gui
