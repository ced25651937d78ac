#pragma once

#include <QtQml/qqmlregistration.h>
#include <QHash>
#include <QObject>
#include <QSet>
#include <QUrl>

#include "engine/engine.h"
#include "gui/errors/problem.h"
#include "gui/jobs/job.h"
#include "gui/models/estimator.h"
#include "gui/models/load_store.h"
#include "gui/models/recent_models.h"
#include "gui/settings/settings_controller.h"

namespace etna::gui {

/// The models: which one answers, which others are in memory, what is being loaded, and what went wrong with it.
class LibraryController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the library")
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(bool loaded READ loaded NOTIFY changed)
  Q_PROPERTY(bool loading READ loading NOTIFY changed)
  Q_PROPERTY(double modelId READ shown_id NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString failedName READ failed_name NOTIFY changed)
  Q_PROPERTY(QString pillText READ pill_text NOTIFY changed)
  Q_PROPERTY(QString description READ description NOTIFY changed)
  Q_PROPERTY(QString device READ device NOTIFY changed)
  Q_PROPERTY(QString warnings READ warnings NOTIFY changed)
  Q_PROPERTY(bool starter READ starter NOTIFY changed)
  Q_PROPERTY(QString lastName READ last_name NOTIFY changed)
  Q_PROPERTY(bool reloadNeeded READ reload_needed NOTIFY changed)
  Q_PROPERTY(QString goneNotice READ gone_notice NOTIFY changed)
  Q_PROPERTY(etna::gui::Problem problem READ problem NOTIFY changed)
  Q_PROPERTY(etna::gui::Job* job READ job NOTIFY changed)
  Q_PROPERTY(etna::gui::RecentModels* recent READ recent CONSTANT)

public:
  enum State { NoModel, Loading, Loaded, Failed };
  Q_ENUM(State)

  LibraryController(Engine& engine, SettingsController& settings, QObject* parent = nullptr);

  /// Failed: nothing is loaded. Where another model was loaded before, that one still is, beside the problem.
  State state() const { return state_; }

  bool loaded() const { return state_ == Loaded; }

  bool loading() const { return state_ == Loading; }

  const ModelInfo& model() const { return model_; }  ///< the one that answers

  quint64 model_id() const { return model_.id; }

  /// As a script's number, which is exact for the first 2^53 loads.
  double shown_id() const { return static_cast<double>(model_.id); }

  QString name() const { return name_; }  ///< of the model that is loaded, loading or failed

  const QString& failed_name() const { return failed_name_; }  ///< that the problem is about

  const QString& path() const { return path_; }  ///< of the model that name() is of, or that failed; empty: the starter

  QString pill_text() const;
  QString description() const;  ///< "19.9 million parameters · 8-bit, groups of 64 · …"

  QString device() const { return QString::fromStdString(model_.device); }

  QString warnings() const;

  bool starter() const { return loaded() && model_.is_starter; }

  QString last_name() const;   ///< what loadLast() loads; empty: nothing
  bool reload_needed() const;  ///< the chosen device is not the one in use

  /// Why the model that answered is gone, where nobody asked for it and nothing is wrong; empty: it is not.
  const QString& gone_notice() const { return gone_notice_; }

  const Problem& problem() const { return problem_; }

  Job* job() const { return job_; }

  RecentModels* recent() { return &recent_; }

  LoadStore& load_store() { return load_store_; }

  Estimator& estimator() { return estimator_; }

  QString app_device() const { return settings_.device(); }

  ModelId loaded_id(const QString& path) const;  ///< 0: it is not loaded

  ModelId loaded_id(const QString& path, const QString& adapter) const;  ///< with just this change; empty: with none

  ModelInfo info(ModelId id) const { return models_.value(id); }  ///< of one that is loaded

  QStringList loaded_paths() const { return paths_.values(); }

  /// The model lies elsewhere now: what is remembered of it goes with it.
  void note_moved(const QString& from, const QString& to);

  /// Devices that there are: a chosen one that is none of them explains a failure.
  void set_devices(const QStringList& ids) { devices_ = ids; }

  /// Of a lost graphics device, here or in a reply: after the second within ten minutes another one.
  Problem lost_device_problem(const QString& sentence);

  /// What the engine holds now. A model that is gone without having been asked to go is explained.
  void take_memory(const MemoryStatus& status, const std::vector<MemoryEvent>& events);

  /// Ends what works beside the engine; it may go afterwards.
  void shut_down() { estimator_.stop(); }

  /// With the model's saved settings.
  void loadWith(const QString& path, Admission admission);

  Q_INVOKABLE QString pathOf(quint64 model) const { return paths_.value(model); }  ///< as it was asked for

  Q_INVOKABLE void loadStarter() { load({}); }

  Q_INVOKABLE void load(const QString& path);    ///< empty: the starter. One that is loaded answers at once
  Q_INVOKABLE void choose(const QString& path);  ///< a row of the list: makes room where the row said so
  Q_INVOKABLE void use(quint64 model);           ///< a loaded one answers from now on
  Q_INVOKABLE void unload(quint64 model);
  Q_INVOKABLE void loadLast();
  Q_INVOKABLE void openFolder(const QUrl& folder);
  Q_INVOKABLE void openFile(const QUrl& file);  ///< a file or a folder, as dropped on the window
  Q_INVOKABLE void retry();                     ///< the failed one, the one in use once more, or the one that is gone
  Q_INVOKABLE void bringBack();                 ///< as retry(), unless it is in memory
  Q_INVOKABLE void useShorterContext();         ///< the failed one, with what fits
  Q_INVOKABLE void makeRoom();                  ///< the failed one, others go
  Q_INVOKABLE void cancel();
  Q_INVOKABLE void useProcessor();
  Q_INVOKABLE void forgetFailed();  ///< takes the failed model off the list
  Q_INVOKABLE void dismissProblem();
  Q_INVOKABLE void askFits();  ///< which of the models used lately fit now

signals:
  void changed();
  void aboutToLoad();  ///< the model that answers will be another one
  void ready();
  void failed(const etna::gui::Problem& problem);
  void cancelled();
  void unloaded();

private:
  void start(const QString& path, Admission admission, ModelId replaces);
  void show_progress(quint64 serial, const LoadProgress& progress);
  void take_model(quint64 serial, const ModelInfo& model);
  void take_failure(quint64 serial, const Failure& failure);
  void explain_shortage(quint64 serial, const Failure& failure);
  void show_problem(const Problem& problem);
  void answer_with(const ModelInfo& model);
  bool adopt(quint64 gone, const MemoryStatus& status);
  void explain_loss(const std::vector<MemoryEvent>& events);
  void end_load();
  void keep_peaks(const MemoryStatus& status);
  void set_state(State state);

  Engine& engine_;
  SettingsController& settings_;
  RecentModels recent_;
  LoadStore load_store_;
  Estimator estimator_;
  State state_ = NoModel;
  QString path_;
  QString name_;
  QString failed_name_;
  QString gone_notice_;
  ModelInfo model_;
  QHash<quint64, ModelInfo> models_;  ///< all that are loaded, by id
  QHash<quint64, QString> paths_;     ///< as they were asked for
  QHash<QString, quint64> peaks_;     ///< by path
  QSet<quint64> leaving_;             ///< asked to go
  QStringList devices_;
  Problem problem_;
  Job* job_ = nullptr;
  Engine::RequestId request_ = 0;
  quint64 serial_ = 0;           ///< of the latest load: answers to older ones are ignored
  bool read_something_ = false;  ///< the latest load was admitted
  std::uint64_t shorter_context_ = 0;
  QList<qint64> losses_;  ///< when the graphics device was lost, in seconds
};

}  // namespace etna::gui
