#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QQmlEngine>

#include "gui/chat/archive.h"
#include "gui/chat/chat_controller.h"
#include "gui/chat/chat_keeper.h"
#include "gui/chat/compare/compare_controller.h"
#include "gui/chat/settings/chat_inspector.h"
#include "gui/hub/hub_controller.h"
#include "gui/memory/memory_limits.h"
#include "gui/memory/memory_monitor.h"
#include "gui/models/library_controller.h"
#include "gui/models/load_settings.h"
#include "gui/prompts/prompts_controller.h"
#include "gui/prompts/snapshots_controller.h"
#include "gui/settings/settings_controller.h"
#include "gui/system/machine.h"
#include "gui/training/training_controller.h"

namespace etna::gui {

/// The one thing the screens start from. Application makes it and hands it to the QML engine as a property.
class App : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_SINGLETON
  Q_PROPERTY(etna::gui::ChatController* chats READ chats CONSTANT)
  Q_PROPERTY(etna::gui::Archive* archive READ archive CONSTANT)
  Q_PROPERTY(etna::gui::CompareController* compare READ compare CONSTANT)
  Q_PROPERTY(etna::gui::LibraryController* library READ library CONSTANT)
  Q_PROPERTY(etna::gui::SettingsController* settings READ settings CONSTANT)
  Q_PROPERTY(etna::gui::Machine* machine READ machine CONSTANT)
  Q_PROPERTY(etna::gui::MemoryMonitor* memory READ memory CONSTANT)
  Q_PROPERTY(etna::gui::MemoryLimits* limits READ limits CONSTANT)
  Q_PROPERTY(etna::gui::LoadSettings* loadSettings READ load_settings CONSTANT)
  Q_PROPERTY(etna::gui::HubController* hub READ hub CONSTANT)
  Q_PROPERTY(etna::gui::ChatInspector* inspector READ inspector CONSTANT)
  Q_PROPERTY(etna::gui::PromptsController* prompts READ prompts CONSTANT)
  Q_PROPERTY(etna::gui::SnapshotsController* snapshots READ snapshots CONSTANT)
  Q_PROPERTY(etna::gui::TrainingController* training READ training CONSTANT)
  Q_PROPERTY(QString version READ version CONSTANT)

public:
  /// `data_folder`: where the chats lie. `training_folder`: where training runs do; empty: in a folder beside the chats'
  /// files.
  App(Engine& engine, QSettings& store, const QString& data_folder, const QString& training_folder = {},
      QObject* parent = nullptr);

  static App* create(QQmlEngine* engine, QJSEngine* scripts);

  /// Makes this the App of the engine's screens.
  void attach_to(QQmlEngine& engine);

  ChatController* chats() { return &chats_; }

  Archive* archive() { return &archive_; }

  CompareController* compare() { return &compare_; }

  LibraryController* library() { return &library_; }

  SettingsController* settings() { return &settings_; }

  Machine* machine() { return &machine_; }

  MemoryMonitor* memory() { return &memory_; }

  MemoryLimits* limits() { return &limits_; }

  LoadSettings* load_settings() { return &load_settings_; }

  HubController* hub() { return &hub_; }

  ChatInspector* inspector() { return &inspector_; }

  PromptsController* prompts() { return &prompts_; }

  SnapshotsController* snapshots() { return &snapshots_; }

  TrainingController* training() { return &training_; }

  QString version() const;

  /// Ends what works beside the engine; it may go afterwards.
  void shut_down() {
    compare_.shut_down();
    training_.shut_down();
    chats_.shut_down();
    inspector_.shut_down();
    prompts_.shut_down();
    snapshots_.shut_down();
    hub_.shut_down();
    library_.shut_down();
  }

  Q_INVOKABLE void copy(const QString& text);
  Q_INVOKABLE void openLink(const QString& link);

private:
  SettingsController settings_;
  LibraryController library_;
  ChatKeeper keeper_;
  ChatController chats_;
  Archive archive_;
  ChatInspector inspector_;
  CompareController compare_;
  Machine machine_;
  MemoryMonitor memory_;
  MemoryLimits limits_;
  LoadSettings load_settings_;
  HubController hub_;
  PromptsController prompts_;
  SnapshotsController snapshots_;
  TrainingController training_;
};

}  // namespace etna::gui
