#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QUrl>
#include <atomic>
#include <memory>

#include "gui/chat/chat_controller.h"
#include "gui/chat/chat_keeper.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// Chats as files, and from files: one work at a time, on a thread of the store's.
class ChatFiles : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The archive owns the files")
  Q_PROPERTY(bool busy READ busy NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)
  Q_PROPERTY(QString text READ text NOTIFY changed)
  Q_PROPERTY(bool failed READ failed NOTIFY changed)

public:
  enum Format { Markdown, Json };
  Q_ENUM(Format)

  ChatFiles(ChatKeeper& keeper, ChatController& chats, QObject* parent = nullptr);
  ~ChatFiles() override;

  bool busy() const { return busy_; }

  double progress() const { return progress_; }  ///< 0 to 1

  /// What is being done, or how it went; empty: nothing to tell.
  const QString& text() const { return text_; }

  bool failed() const { return failed_; }

  /// Name that is suggested for a chat's file, without folders: "Plans.md". Id 0: of all chats.
  Q_INVOKABLE QString fileName(int id, int format) const;
  Q_INVOKABLE void exportChat(int id, const QUrl& file, int format);
  Q_INVOKABLE void exportAll(const QUrl& file, int format);
  Q_INVOKABLE void importFile(const QUrl& file);
  /// The branch that is shown, as Markdown; copied() follows.
  Q_INVOKABLE void copyAll(int id);
  Q_INVOKABLE void cancel();
  Q_INVOKABLE void dismiss();

signals:
  void changed();
  void copied(const QString& text);

private:
  void export_to(std::vector<chats::ChatId> ids, const QUrl& file, int format);
  void write_unkept(chats::Transcript transcript, const QUrl& file);
  chats::LongWork begin(const QString& text);
  void take_progress(const std::shared_ptr<std::atomic<double>>& done);
  void end(const QString& text, bool failed);
  void end_failed(const QString& what, const Failure& failure);

  ChatKeeper& keeper_;
  ChatController& chats_;
  std::stop_source stop_;
  bool busy_ = false;
  double progress_ = 0;
  QString text_;
  bool failed_ = false;
  Background background_{1};  // last: its work ends before the rest goes
};

}  // namespace etna::gui
