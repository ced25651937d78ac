#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>
#include <QUrl>

#include "gui/hub/downloads_controller.h"
#include "gui/hub/folder_list.h"
#include "gui/hub/hub_service.h"
#include "gui/hub/move_controller.h"
#include "gui/hub/shelf_list.h"
#include "gui/hub/trash_list.h"
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
  Q_PROPERTY(etna::gui::TrashList* trashList READ trash_list CONSTANT)
  Q_PROPERTY(etna::gui::MoveController* moves READ moves CONSTANT)
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool looking READ looking NOTIFY changed)
  Q_PROPERTY(QString summary READ summary NOTIFY changed)
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  Q_PROPERTY(QString question READ question NOTIFY questionChanged)
  Q_PROPERTY(QString answerText READ answer_text NOTIFY questionChanged)
  Q_PROPERTY(QStringList foundLines READ found_lines NOTIFY scanned)

public:
  ShelfController(HubService& service, LibraryController& library, DownloadsController& downloads, Background& disk,
                  Background& files, QSettings& store, QObject* parent = nullptr);

  ShelfList* models() { return &models_; }

  FolderList* folders() { return &folders_; }

  UnusableList* unusable() { return &unusable_; }

  TrashList* trash_list() { return &trash_list_; }

  MoveController* moves() { return &moves_; }

  bool known() const { return known_; }  ///< it was looked at least once

  bool looking() const { return looking_; }

  QString summary() const;  ///< "7 models · 38.2 GB · 212 GB free on this disk"

  const QString& problem() const { return problem_.isEmpty() ? scan_problem_ : problem_; }

  const QString& question() const { return question_; }  ///< before something happens to models; empty: none

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

  /// To another folder; without a path all that are selected.
  Q_INVOKABLE void moveTo(const QString& path, const QUrl& folder);

  /// Whether it may be moved; other programs' models may not.
  Q_INVOKABLE bool canMove(const QString& path) const;

  Q_INVOKABLE void check(const QString& path);
  Q_INVOKABLE void repair(const QString& path);  ///< loads again what is damaged
  Q_INVOKABLE bool canRepair(const QString& path) const;
  Q_INVOKABLE void downloadRest(int row);  ///< of unusable
  Q_INVOKABLE void putBack(const QString& ticket);
  Q_INVOKABLE void deleteForGood(const QString& ticket);  ///< empty: all that is in the trash; asks first
  Q_INVOKABLE void showInFolder(const QString& path);

  /// An answer is being written: checks in the background wait.
  void set_answering(bool answering);

signals:
  void changed();
  void scanned();  ///< models(), folders(), unusable() are what is there now
  void questionChanged();
  void trashed(const QString& sentence);  ///< undo() puts it back

private:
  void listen();
  void take(LibraryScan& scan);  ///< its models go
  void note_use();
  void note_loaded();
  void note_moved(const LibraryModel& model, const MovedModel& moved);
  void hold_checks();
  void ask_trash();
  void ask(const QString& question, const QString& answer, std::function<void()> agreed);
  QString use_sentence(const QStringList& paths) const;
  void unload(const QStringList& paths);
  void move_to_trash(const QStringList& paths);
  void run(const QString& key, std::function<void(HubService&)> action);

  HubService& service_;
  LibraryController& library_;
  DownloadsController& downloads_;
  Background& disk_;
  Background& files_;
  QSettings& store_;
  ShelfList models_;
  FolderList folders_;
  UnusableList unusable_;
  TrashList trash_list_;
  MoveController moves_;
  std::vector<LibraryFolder> folder_rows_;
  bool listens_ = false;
  bool known_ = false;
  bool looking_ = false;
  bool answering_ = false;
  bool held_ = false;
  QString problem_;       ///< of what was done last
  QString scan_problem_;  ///< of looking through the folders
  QString question_, answer_text_;
  std::function<void()> agreed_;      ///< what the question is about
  std::vector<std::string> tickets_;  ///< of what was moved to the trash last
  QString copy_;                      ///< of the model that was moved last: goes when that is undone
  quint64 serial_ = 0;
};

}  // namespace etna::gui
