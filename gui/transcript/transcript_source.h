#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>
#include <QVariant>
#include <QVector>

namespace etna::gui {

/// What led to a reply.
struct TranscriptThinking {
  QString text;   ///< plain
  QString title;  ///< "Thinking… 12 s", "Thought for 12 s"
  bool open = false;

  friend bool operator==(const TranscriptThinking&, const TranscriptThinking&) = default;
};

/// A function that the model wants called.
struct TranscriptToolCall {
  QString name;
  QString arguments;  ///< as the model wrote them
  QString result;     ///< empty: there is none yet

  friend bool operator==(const TranscriptToolCall&, const TranscriptToolCall&) = default;
};

/// A file that belongs to a message.
struct TranscriptAttachment {
  QString name;
  QString detail;  ///< "PDF · 1.2 MB"

  friend bool operator==(const TranscriptAttachment&, const TranscriptAttachment&) = default;
};

/// One message as the transcript shows it. A value: strings are shared, copies are cheap.
struct TranscriptMessage {
  enum class Role { user, model };
  enum class State { waiting, reading, writing, done, broken };

  qint64 id = 0;  ///< unique in its chat and the same for as long as the message lives
  Role role = Role::user;
  State state = State::done;
  QString text;    ///< Markdown of a reply; a person's words as typed
  QString author;  ///< who replied
  TranscriptThinking thinking;
  QVector<TranscriptToolCall> tool_calls;
  QVector<TranscriptAttachment> attachments;
  int version = 1;  ///< which of its versions is shown, from 1
  int versions = 1;
  int actions = 0;     ///< what can be done with it: TranscriptSource::Action by bits
  QString statistics;  ///< one line about how the reply went
  QString notice;      ///< what is not as it should be in it
  QVariant problem;    ///< why it broke, for the delegate that shows it
  bool unseen = false;  ///< the model is not shown it any more: dimmed
  QString divider;      ///< words on a line below it; empty: there is none. Further lines are set smaller
  bool raw = false;    ///< a reply is shown as it was written, marks and all

  friend bool operator==(const TranscriptMessage&, const TranscriptMessage&) = default;
};

/// The messages of one chat, oldest first, wherever they are kept. All calls and signals belong to the GUI thread; a
/// signal comes after the change, and one that is not sent is a change that is not seen.
class TranscriptSource : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Chats own their transcripts")

public:
  /// What a person can do with one message, besides copying it.
  enum Action {
    Edit = 1,
    Regenerate = 2,
    Branch = 4,
    Continue = 8,
    Delete = 16,
    VersionBefore = 32,
    VersionAfter = 64,
    Details = 128,  ///< there are figures to be shown
    CutOff = 256,   ///< it ended where it could go on
    Options = 512,  ///< it ended because the context was full
    Raw = 1024,     ///< it can be shown as it was written
    Quote = 2048
  };
  Q_ENUM(Action)

  using QObject::QObject;

  virtual int count() const = 0;
  virtual TranscriptMessage message(int row) const = 0;

  /// About how many characters the message shows: for the height of one that nobody has looked at yet.
  virtual int size_hint(int row) const { return static_cast<int>(message(row).text.size()); }

  virtual TranscriptMessage::Role role(int row) const { return message(row).role; }

  /// Does one of the message's actions.
  Q_INVOKABLE virtual void act(int row, int action);

signals:
  void reset();
  void inserted(int first, int number);
  void removed(int first, int number);
  /// Anything may have changed: the text, too.
  void replaced(int row);
  /// Anything but the text and the thoughts.
  void changed(int row);
  void textAppended(int row, const QString& piece);
  void thinkingAppended(int row, const QString& piece);
  /// No more text will come.
  void finished(int row);
};

inline void TranscriptSource::act(int, int) {}

}  // namespace etna::gui
