#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/jobs/background.h"
#include "gui/prompts/kept_prompt_list.h"

namespace etna::gui {

/// What the engine keeps of prompts that were read: where, how much, and how it is forgotten. Chats that are gone take
/// along what was kept of them.
class PromptsController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(etna::gui::KeptPromptList* prompts READ prompts CONSTANT)
  Q_PROPERTY(bool onDisk READ on_disk WRITE set_on_disk NOTIFY changed)
  Q_PROPERTY(int limitSteps READ limit_steps CONSTANT)
  Q_PROPERTY(int limit READ limit WRITE set_limit NOTIFY changed)
  Q_PROPERTY(QString limitText READ limit_text NOTIFY changed)
  Q_PROPERTY(QString memoryText READ memory_text NOTIFY changed)
  Q_PROPERTY(QString diskText READ disk_text NOTIFY changed)
  Q_PROPERTY(QString hitText READ hit_text NOTIFY changed)
  Q_PROPERTY(QString folder READ folder NOTIFY changed)
  Q_PROPERTY(QString clearText READ clear_text NOTIFY changed)
  Q_PROPERTY(QString trouble READ trouble NOTIFY changed)
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool active READ active WRITE set_active NOTIFY activeChanged)

public:
  /// `places`: the folders; what a person chose of the rest is in `store`. All outlive this.
  PromptsController(Engine& engine, ChatController& chats, ChatKeeper& keeper, QSettings& store,
                    const PromptCacheSettings& places, QObject* parent = nullptr);

  void shut_down() { background_.stop(); }

  KeptPromptList* prompts() { return &prompts_; }

  bool on_disk() const { return on_disk_; }

  void set_on_disk(bool on_disk);

  int limit_steps() const;  ///< places of the slider: 0 … limit_steps - 1
  int limit() const;        ///< of the disk, one of them
  void set_limit(int step);

  QString limit_text() const;   ///< "8 GB"
  QString memory_text() const;  ///< "212 MiB of 1 GiB"
  QString disk_text() const;    ///< "1.2 of 8 GB"; empty: nothing is kept there
  QString hit_text() const;     ///< "Since Etna started, 87 % of 12,400 prompt tokens were not read again."

  QString folder() const { return QString::fromStdString(places_.disk_folder); }

  QString clear_text() const;  ///< "Forget all (1.4 GB)"

  const QString& trouble() const { return trouble_; }  ///< what went wrong last, a sentence; empty: nothing did

  bool known() const { return known_; }  ///< the list was read once

  bool active() const { return active_; }  ///< it is looked at: what happens is shown

  void set_active(bool active);

  Q_INVOKABLE void refresh();
  Q_INVOKABLE void forget(int row);
  Q_INVOKABLE void forgetModel(const QString& model);
  Q_INVOKABLE void forgetAll();
  Q_INVOKABLE void openFolder();

signals:
  void changed();
  void activeChanged();

private:
  PromptCacheSettings wanted() const;
  void configure();
  void forget(const PromptSelection& which);
  void forget_erased_chats();
  void forget_others(const std::vector<chats::ChatId>& there);
  QString title_of(const std::string& conversation) const;

  Engine& engine_;
  ChatController& chats_;
  ChatKeeper& keeper_;
  QSettings& store_;
  PromptCacheSettings places_;
  KeptPromptList prompts_;
  PromptCacheStatus status_;
  QString trouble_;
  bool on_disk_ = true;
  bool known_ = false;
  bool active_ = false;
  Background background_;  // last: it uses the engine
};

}  // namespace etna::gui
