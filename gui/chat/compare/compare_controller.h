#pragma once

#include <QtQml/qqmlregistration.h>
#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>
#include <QUrl>
#include <array>
#include <memory>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/chat/compare/compare_column.h"
#include "gui/models/library_controller.h"

namespace etna::gui {

/// Two models, or one with and without a fine-tuned change, asked the same from one composer: the same history, seed
/// and settings. They answer one after the other. Both stay in memory if it holds them; if not, the second takes the
/// place of the first, and the comparison says so with numbers.
///
/// In a chat the question and both answers are kept there as they come: the answers are versions of each other, and
/// the one that a person keeps is the one that is shown. Without a chat (`tryOut`) nothing is kept.
class CompareController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the comparison")
  Q_PROPERTY(bool open READ is_open NOTIFY openChanged)
  Q_PROPERTY(bool inChat READ in_chat NOTIFY openChanged)
  Q_PROPERTY(etna::gui::CompareColumn* left READ left CONSTANT)
  Q_PROPERTY(etna::gui::CompareColumn* right READ right CONSTANT)
  Q_PROPERTY(QStringList choices READ choices NOTIFY choicesChanged)
  Q_PROPERTY(int leftChoice READ left_choice NOTIFY choicesChanged)
  Q_PROPERTY(int rightChoice READ right_choice NOTIFY choicesChanged)
  Q_PROPERTY(QString draft READ draft WRITE set_draft NOTIFY draftChanged)
  Q_PROPERTY(QString seed READ seed WRITE set_seed NOTIFY seedChanged)
  Q_PROPERTY(bool running READ running NOTIFY changed)
  Q_PROPERTY(bool canSend READ can_send NOTIFY changed)
  Q_PROPERTY(QString hint READ hint NOTIFY changed)
  Q_PROPERTY(QString note READ note NOTIFY changed)

public:
  /// `chats`: where questions and answers are kept; null: nowhere.
  CompareController(Engine& engine, LibraryController& library, ChatController* chats, QObject* parent = nullptr);
  ~CompareController() override;

  bool is_open() const { return open_; }

  bool in_chat() const { return keeps_; }

  CompareColumn* left() { return &columns_[0]; }

  CompareColumn* right() { return &columns_[1]; }

  const QStringList& choices() const { return choices_; }  ///< names of models

  int left_choice() const { return choice_of(0); }

  int right_choice() const { return choice_of(1); }

  const QString& draft() const { return draft_; }

  void set_draft(const QString& draft);

  const QString& seed() const { return seed_; }  ///< of the next question; the same for both

  void set_seed(const QString& seed);

  bool running() const { return running_; }

  bool can_send() const;
  QString hint() const;  ///< why nothing can be asked; empty: it can

  const QString& note() const { return note_; }  ///< how the two share the memory

  /// Of the chat that is shown: the model in use, beside the one that was used before it.
  Q_INVOKABLE void begin();

  /// For the try-out of a fine-tuned change: the same model without and with it, outside of any chat.
  Q_INVOKABLE void tryOut(const QString& path, const QString& adapter);

  /// Any two targets, outside of any chat.
  void try_out(const CompareTarget& left, const CompareTarget& right);

  Q_INVOKABLE void chooseModel(int column, int choice);
  Q_INVOKABLE void chooseAdapter(int column, const QUrl& folder);
  Q_INVOKABLE void dropAdapter(int column);
  Q_INVOKABLE void newSeed();
  Q_INVOKABLE void send();
  Q_INVOKABLE void stop();
  Q_INVOKABLE void keep(int column);  ///< this answer is the one that the chat shows
  Q_INVOKABLE void close();           ///< models that were loaded for it go; one that made room comes back

signals:
  void openChanged();
  void choicesChanged();
  void draftChanged();
  void seedChanged();
  void changed();
  void kept();  ///< an answer was: the chat shows it

private:
  using Run = quint64;  ///< answers to older ones are ignored

  void start(bool keeps, const CompareTarget& left, const CompareTarget& right);
  void find_choices();
  int choice_of(int column) const;
  void set_target(int column, const CompareTarget& target);
  ModelId loaded(const CompareTarget& target) const;
  void answer_next();
  void prepare(int column);
  void load(int column, const std::optional<LoadEstimate>& estimate);
  void ask(int column, ModelId model);
  void keep_begin(int column, const ModelInfo& model);
  void take_text();
  void take_done(int column, const RunStatistics& statistics);
  void take_failure(int column, const Problem& problem);
  void finish();
  void set_note(const QString& note);
  LoadRequest request_of(const CompareTarget& target) const;

  Engine& engine_;
  LibraryController& library_;
  ChatController* chats_;
  std::array<CompareColumn, 2> columns_;
  bool open_ = false;
  bool keeps_ = false;
  bool running_ = false;
  QStringList choices_;
  QStringList paths_;  ///< of the choices
  QString draft_, seed_, note_;
  ChatController::Continuation base_;
  chats::MessageId question_ = 0;
  std::vector<ChatMessage> asked_;
  SamplingSettings sampling_;
  int at_ = -1;  ///< the column whose turn it is
  Run run_ = 0;
  Engine::RequestId request_ = 0;
  std::shared_ptr<TextInbox> inbox_;
  QTimer frame_;
  QHash<QString, ModelInfo> mine_;  ///< models that were loaded for the comparison
  QString gave_way_;                ///< path of the library's model that made room
  bool has_given_way_ = false;
};

}  // namespace etna::gui
