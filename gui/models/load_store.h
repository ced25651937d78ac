#pragma once

#include <QSettings>
#include <QString>

#include "engine/session/messages.h"

namespace etna::gui {

/// How a person wants one model to be loaded.
struct SavedLoad {
  enum class Keep { app_default, until_unloaded, minutes };

  std::uint64_t context_length = 0;  ///< 0: the engine's choice
  int kv_bits = 0;                   ///< 0: as is; 8, 4
  int layers = -1;                   ///< on the graphics device; -1: as many as fit
  Keep keep = Keep::app_default;
  int keep_minutes = 15;
  QString device;  ///< empty: the one of the settings
  QString adapter;  ///< folder of a fine-tuned change; empty: none

  friend bool operator==(const SavedLoad&, const SavedLoad&) = default;
};

/// What is kept of each model between starts: how to load it, and what it took at most.
class LoadStore {
public:
  /// `store` outlives this.
  explicit LoadStore(QSettings& store) : store_(store) {}

  SavedLoad read(const QString& path) const;
  void write(const QString& path, const SavedLoad& load);

  std::uint64_t peak(const QString& path) const;  ///< bytes; 0: never measured
  void set_peak(const QString& path, std::uint64_t bytes);

private:
  QSettings& store_;
};

/// What the engine is asked for.
LoadRequest request_for(const QString& path, const SavedLoad& load, const QString& app_device);

}  // namespace etna::gui
