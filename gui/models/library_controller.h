#pragma once

#include <QObject>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

#include "engine/engine.h"
#include "gui/errors/problem.h"
#include "gui/jobs/job.h"
#include "gui/models/recent_models.h"
#include "gui/settings/settings_controller.h"

namespace etna::gui {

/// The model in use: choosing, loading, and what went wrong with it.
class LibraryController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the library")
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(bool loaded READ loaded NOTIFY changed)
  Q_PROPERTY(bool loading READ loading NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString pillText READ pill_text NOTIFY changed)
  Q_PROPERTY(QString description READ description NOTIFY changed)
  Q_PROPERTY(QString device READ device NOTIFY changed)
  Q_PROPERTY(QString warnings READ warnings NOTIFY changed)
  Q_PROPERTY(bool starter READ starter NOTIFY changed)
  Q_PROPERTY(QString lastName READ last_name NOTIFY changed)
  Q_PROPERTY(bool reloadNeeded READ reload_needed NOTIFY changed)
  Q_PROPERTY(etna::gui::Problem problem READ problem NOTIFY changed)
  Q_PROPERTY(etna::gui::Job* job READ job NOTIFY changed)
  Q_PROPERTY(etna::gui::RecentModels* recent READ recent CONSTANT)

public:
  enum State { NoModel, Loading, Loaded, Failed };
  Q_ENUM(State)

  LibraryController(Engine& engine, SettingsController& settings, QObject* parent = nullptr);

  State state() const { return state_; }
  bool loaded() const { return state_ == Loaded; }
  bool loading() const { return state_ == Loading; }
  const ModelInfo& model() const { return model_; }  ///< of the loaded model
  QString name() const { return name_; }             ///< of the model that is loaded, loading or failed
  QString pill_text() const;
  QString description() const;                        ///< "19.9 million parameters · 8-bit, groups of 64 · …"
  QString device() const { return QString::fromStdString(model_.device); }
  QString warnings() const;
  bool starter() const { return loaded() && model_.is_starter; }
  QString last_name() const;                          ///< what loadLast() loads; empty: nothing
  bool reload_needed() const;                         ///< the chosen device is not the one in use
  const Problem& problem() const { return problem_; }
  Job* job() const { return job_; }
  RecentModels* recent() { return &recent_; }

  Q_INVOKABLE void loadStarter() { load({}); }
  Q_INVOKABLE void load(const QString& path);  ///< empty: the starter
  Q_INVOKABLE void loadLast();
  Q_INVOKABLE void openFolder(const QUrl& folder);
  Q_INVOKABLE void openFile(const QUrl& file);
  Q_INVOKABLE void retry() { load(path_); }
  Q_INVOKABLE void cancel();
  Q_INVOKABLE void useProcessor();
  Q_INVOKABLE void forgetFailed();             ///< takes the failed model off the list
  Q_INVOKABLE void dismissProblem();

signals:
  void changed();
  void aboutToLoad();  ///< the model in use goes away now
  void ready();
  void failed(const etna::gui::Problem& problem);
  void cancelled();

private:
  void show_progress(quint64 serial, const LoadProgress& progress);
  void take_model(quint64 serial, const ModelInfo& model);
  void take_failure(quint64 serial, const Failure& failure);
  void set_state(State state);

  Engine& engine_;
  SettingsController& settings_;
  RecentModels recent_;
  State state_ = NoModel;
  QString path_;  ///< empty: the starter
  QString name_;
  ModelInfo model_;
  Problem problem_;
  Job* job_ = nullptr;
  Engine::RequestId request_ = 0;
  quint64 serial_ = 0;  ///< of the latest load: answers to older ones are ignored
};

}  // namespace etna::gui
