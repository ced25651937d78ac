#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>
#include <QStringList>

#include "gui/chat/chat_controller.h"
#include "gui/chat/context/context_meter.h"
#include "gui/chat/context/overflow_question.h"
#include "gui/chat/settings/preset_book.h"
#include "gui/chat/settings/sampling_list.h"

namespace etna::gui {

/// How the model is asked in the chat that is shown. Every change is kept in the chat at once and holds for the next
/// reply; a size of the context holds when the model is loaded again.
class ChatInspector : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the inspector")
  Q_PROPERTY(bool open READ open WRITE set_open NOTIFY openChanged)
  Q_PROPERTY(QString systemPrompt READ system_prompt WRITE set_system_prompt NOTIFY changed)
  Q_PROPERTY(QString savedText READ saved_text NOTIFY changed)
  Q_PROPERTY(etna::gui::SamplingList* sampling READ sampling CONSTANT)
  Q_PROPERTY(QString changedText READ changed_text NOTIFY changed)
  Q_PROPERTY(QStringList presets READ presets NOTIFY presetsChanged)
  Q_PROPERTY(int preset READ preset NOTIFY changed)
  Q_PROPERTY(QStringList stopTexts READ stop_texts NOTIFY changed)
  Q_PROPERTY(QStringList sizes READ sizes NOTIFY sizesChanged)
  Q_PROPERTY(int size READ size WRITE set_size NOTIFY changed)
  Q_PROPERTY(QString reloadText READ reload_text NOTIFY changed)
  Q_PROPERTY(bool canReload READ can_reload NOTIFY changed)
  Q_PROPERTY(etna::gui::ContextMeter* context READ context CONSTANT)
  Q_PROPERTY(etna::gui::OverflowQuestion* overflow READ overflow CONSTANT)

public:
  ChatInspector(Engine& engine, ChatController& chats, LibraryController& library, QSettings& store,
                QObject* parent = nullptr);

  bool open() const { return store_.value(QStringLiteral("inspectorOpen"), false).toBool(); }

  void set_open(bool open);

  QString system_prompt() const { return chats_.system_prompt(); }

  void set_system_prompt(const QString& text) { chats_.set_system_prompt(text); }

  QString saved_text() const;  ///< "Saved in this chat"

  SamplingList* sampling() { return &sampling_; }

  QString changed_text() const;  ///< "Changed: 2 settings"; empty: none is

  QStringList presets() const { return presets_.names(); }

  int preset() const;  ///< of presets(), that the settings are; -1: none

  QStringList stop_texts() const;

  QStringList sizes() const;  ///< of the context: as the model is loaded, then powers of two up to its own
  int size() const;
  void set_size(int index);
  QString reload_text() const;  ///< "takes effect after reloading the model (about 4 s)"; empty: it has taken effect

  bool can_reload() const { return library_.loaded() && !chats_.replying(); }

  ContextMeter* context() { return &context_; }

  OverflowQuestion* overflow() { return &overflow_; }

  Q_INVOKABLE void resetSampling();
  Q_INVOKABLE void resetPrompt();
  Q_INVOKABLE void savePreset(const QString& name);
  Q_INVOKABLE void usePreset(int index);
  Q_INVOKABLE void deletePreset(int index);
  Q_INVOKABLE void addStopText(const QString& text);  ///< "\n" and "\t" stand for a line break and a tab
  Q_INVOKABLE void removeStopText(int index);
  Q_INVOKABLE void reload();

  /// Ends what works beside the engine; it may go afterwards.
  void shut_down() {
    context_.shut_down();
    overflow_.shut_down();
  }

signals:
  void changed();
  void openChanged();
  void presetsChanged();
  void sizesChanged();

private:
  void refresh();
  std::vector<std::uint64_t> size_list() const;

  ChatController& chats_;
  LibraryController& library_;
  QSettings& store_;
  PresetBook presets_;
  SamplingList sampling_;
  ContextMeter context_;
  OverflowQuestion overflow_;
  bool replying_ = false;
};

}  // namespace etna::gui
