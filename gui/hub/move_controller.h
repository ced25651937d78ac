#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>
#include <deque>
#include <string>

#include "gui/hub/hub_service.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// Models on their way to another folder, one after the other.
class MoveController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns its moves")
  Q_PROPERTY(bool running READ running NOTIFY changed)
  Q_PROPERTY(QString title READ title NOTIFY changed)
  Q_PROPERTY(QString sentence READ sentence NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)

public:
  MoveController(HubService& service, Background& files, QObject* parent = nullptr);

  bool running() const { return !waiting_.empty(); }

  QString title() const;     ///< "Moving “Qwen3-8B” to disk"; ", 2 more wait" where some do
  QString sentence() const;  ///< "2.1 of 4.9 GB copied", "Checking the copy… 61 %"

  double progress() const { return progress_; }  ///< 0 to 1; below 0 while nobody knows

  bool is_moving(const QString& path) const;

  void start(const LibraryModel& model, const QString& folder);

  /// The one that runs and those that wait: every model is whole where it was.
  Q_INVOKABLE void cancel();

signals:
  void changed();
  void began(const QString& path);
  void moved(const etna::gui::LibraryModel& model, const etna::gui::MovedModel& moved);
  void failed(const QString& path, const QString& sentence);  ///< empty: it was cancelled

private:
  struct Move {
    LibraryModel model;
    std::string folder;
  };

  void run_next();
  void show(hub::CopyPhase phase, std::uint64_t done, std::uint64_t total);

  HubService& service_;
  Background& files_;
  std::deque<Move> waiting_;  ///< the first one runs
  hub::CopyPhase phase_ = hub::CopyPhase::copying;
  std::uint64_t done_ = 0, total_ = 0;
  double progress_ = -1;
};

}  // namespace etna::gui
