#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QUrl>
#include <string>

#include "gui/hub/download_list.h"
#include "gui/hub/hub_service.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// The downloads: what runs, what waits for whom, and what can be done about it. The queue opens when somebody looks,
/// or a moment after the start.
class DownloadsController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the downloads")
  Q_PROPERTY(etna::gui::DownloadList* list READ list CONSTANT)
  Q_PROPERTY(int active READ active NOTIFY changed)
  Q_PROPERTY(bool moving READ moving NOTIFY changed)
  Q_PROPERTY(QString stripText READ strip_text NOTIFY changed)
  Q_PROPERTY(QString space READ space NOTIFY spaceChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)

public:
  DownloadsController(HubService& service, Background& disk, QObject* parent = nullptr);

  DownloadList* list() { return &list_; }

  int active() const;          ///< that are not done
  bool moving() const;         ///< some work by themselves
  QString strip_text() const;  ///< "↓ 2 · 42 % · 3 min"; empty: none

  const QString& space() const { return space_; }  ///< "212 GB free on this disk"

  const QString& problem() const { return problem_; }  ///< why the queue can't be opened; empty: it can

  std::uint64_t free_bytes() const { return free_bytes_; }

  void open();
  /// Into the usual cache, or into one in another folder.
  void start(hub::DownloadRequest request, const std::string& folder = {});

  Q_INVOKABLE void pause(double id);
  Q_INVOKABLE void resume(double id);
  Q_INVOKABLE void keepPartial(double id);  ///< takes the row away, what arrived stays
  Q_INVOKABLE void removePartial(double id);
  Q_INVOKABLE void move(double id, int row);

  /// It goes on in this folder, with what has arrived so far.
  Q_INVOKABLE void goElsewhere(double id, const QUrl& folder);
  Q_INVOKABLE void pauseAll();
  Q_INVOKABLE void resumeAll();
  Q_INVOKABLE QString pathOf(double id) const;  ///< what to load; empty: it is not ready
  Q_INVOKABLE void askSpace();

signals:
  void changed();
  void spaceChanged();
  void updated(const etna::hub::DownloadStatus& status);
  void finished(const etna::hub::DownloadStatus& status);

private:
  void act(std::function<void(HubService&)> action);
  void take(const hub::DownloadStatus& status);

  HubService& service_;
  Background& disk_;
  DownloadList list_;
  QString space_;
  QString problem_;
  std::uint64_t free_bytes_ = 0;
  quint64 serial_ = 0;
  bool opened_ = false;
};

/// What to load of a finished download: its folder, or the first GGUF file in it.
QString loadable_path(const hub::DownloadStatus& status);

}  // namespace etna::gui
