#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>
#include <QUrl>

#include "gui/hub/downloads_controller.h"
#include "gui/hub/folder_list.h"
#include "gui/hub/hub_service.h"
#include "gui/hub/shelf_list.h"
#include "gui/jobs/background.h"
#include "gui/models/library_controller.h"

namespace etna::gui {

/// The models on this computer: where they lie, whose they are, what to do with them. Looks at the disk when somebody
/// looks at the page, and after what changes it.
class ShelfController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the shelf")
  Q_PROPERTY(etna::gui::ShelfList* models READ models CONSTANT)
  Q_PROPERTY(etna::gui::FolderList* folders READ folders CONSTANT)
  Q_PROPERTY(etna::gui::UnusableList* unusable READ unusable CONSTANT)
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool looking READ looking NOTIFY changed)
  Q_PROPERTY(QString summary READ summary NOTIFY changed)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  Q_PROPERTY(QString question READ question NOTIFY questionChanged)
  Q_PROPERTY(QString answerText READ answer_text NOTIFY questionChanged)
  Q_PROPERTY(QStringList foundLines READ found_lines NOTIFY changed)

public:
  ShelfController(HubService& service, LibraryController& library, DownloadsController& downloads, Background& disk,
                  QSettings& store, QObject* parent = nullptr);

  ShelfList* models() { return &models_; }

  FolderList* folders() { return &folders_; }

  UnusableList* unusable() { return &unusable_; }

  bool known() const { return known_; }  ///< it was looked at least once

  bool looking() const { return looking_; }

  QString summary() const;  ///< "7 models · 38.2 GB · 212 GB free on this disk"

  const QString& problem() const { return problem_; }

  const QString& question() const { return question_; }  ///< before something goes to the trash; empty: none

  const QString& answer_text() const { return answer_text_; }  ///< of the button that does it; empty: there is none

  QStringList found_lines() const;  ///< "Hugging Face cache: 3 usable, 1 not": by folder

  QSet<QString> repositories() const;

  Q_INVOKABLE void refresh();
  Q_INVOKABLE bool isFolder(const QUrl& url) const;
  Q_INVOKABLE void addFolder(const QUrl& folder);
  Q_INVOKABLE void removeFolder(const QString& path);
  Q_INVOKABLE void wantMemory(int row);         ///< the row is in sight
  Q_INVOKABLE void trash(const QString& path);  ///< empty: all that are selected
  Q_INVOKABLE void answerQuestion();
  Q_INVOKABLE void dropQuestion();
  Q_INVOKABLE void undo();
  Q_INVOKABLE void check(const QString& path);
  Q_INVOKABLE void downloadRest(int row);  ///< of unusable
  Q_INVOKABLE void showInFolder(const QString& path);

signals:
  void changed();
  void scanned();  ///< models(), folders(), unusable() are what is there now
  void questionChanged();
  void trashed(const QString& sentence);  ///< undo() puts it back

private:
  void take(const LibraryScan& scan);
  void note_use();
  void note_loaded();
  void ask_first(const QStringList& paths);
  void move_to_trash(const QStringList& paths);
  void run(const QString& key, std::function<void(HubService&)> action);

  HubService& service_;
  LibraryController& library_;
  DownloadsController& downloads_;
  Background& disk_;
  QSettings& store_;
  ShelfList models_;
  FolderList folders_;
  UnusableList unusable_;
  std::vector<LibraryFolder> folder_rows_;
  bool known_ = false;
  bool looking_ = false;
  QString problem_, question_, answer_text_;
  QStringList asked_;                 ///< paths that the question is about
  std::vector<std::string> tickets_;  ///< of what was moved to the trash last
  quint64 serial_ = 0;
};

}  // namespace etna::gui
