#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QPointer>
#include <QUrl>

#include "engine/engine.h"
#include "gui/chat/attachments/attachment_list.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// Takes files and long pastes into the draft of the chat that is shown. Files are read and counted on a thread of
/// their own; what can't be attached is explained in a sentence.
class AttachmentDesk : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The chats own the desk")
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(QString offer READ offer NOTIFY offerChanged)
  Q_PROPERTY(QString offerAction READ offer_action NOTIFY offerChanged)

public:
  static constexpr int most_files = 20;                     ///< of one message
  static constexpr qint64 most_bytes = 16'000'000;            ///< of all of them
  static constexpr qsizetype offered_from = 4000;           ///< characters of a paste: more, and it can become a file
  static constexpr qsizetype attached_from = 16'000;        ///< more would hold the composer up: it becomes one at once
  static constexpr qsizetype longest_put_back = 32 * 1024;  ///< and up to here it can be put into the text again

  explicit AttachmentDesk(Engine& engine, QObject* parent = nullptr);

  /// Ends the reading; the engine may go afterwards.
  void stop() { background_.stop(); }

  /// What is added goes here; null: nowhere.
  void set_list(AttachmentList* list);

  /// Why something was not attached, one sentence a line; empty: everything was.
  QString problem() const { return problems_.join(u'\n'); }

  /// About the latest paste: what is so, and what can be done. Empty: nothing.
  const QString& offer() const { return offer_; }

  const QString& offer_action() const { return offer_action_; }

  /// The draft is now this: a paste that is not in it any more can't be attached.
  void note_draft(const QString& draft);

  /// Another model counts differently.
  void count_again();

  /// Whether files that are dropped on the page come here: by their names, nothing is looked at.
  Q_INVOKABLE bool takes(const QList<QUrl>& urls) const;
  Q_INVOKABLE void addFiles(const QList<QUrl>& urls);

  /// Files and very long texts of the clipboard become attachments. False: the composer is to paste by itself.
  Q_INVOKABLE bool paste();

  /// This much was put into the draft at once.
  Q_INVOKABLE void notePaste(const QString& text);
  Q_INVOKABLE void acceptOffer();
  Q_INVOKABLE void dismissOffer();
  Q_INVOKABLE void dismissProblem();

signals:
  void problemChanged();
  void offerChanged();
  void textMoved(const QString& text);   ///< from the draft into a file
  void textPutBack(const QString& text);  ///< from a file to the end of the draft
  void modelDropped(const QUrl& url);    ///< not to be attached, but loaded

private:
  void read(const QString& path);
  void attach_text(const QString& text);
  QString free_name() const;
  bool has_room(const QString& name, qint64 bytes);
  void complain(const QString& sentence);
  void set_offer(const QString& offer, const QString& action);
  void count(const AttachedFile& file);

  Engine& engine_;
  QPointer<AttachmentList> list_;
  QStringList problems_;
  QString offer_, offer_action_;
  QString pasted_;                                    ///< that the offer is about
  std::shared_ptr<const chats::Attachment> attached_;  ///< by the paste; null: it is in the draft
  quint64 serial_ = 0;
  Background background_{1};  // last: its work uses the others
};

}  // namespace etna::gui
