#pragma once

#include <QSettings>
#include <QString>
#include <QStringList>

#include "gui/chat/store/chat_records.h"

namespace etna::gui {

/// Ways to ask a model that a person gave names to: instructions, sampling and stop texts. Kept beside the settings.
class PresetBook {
public:
  /// `store` outlives this.
  explicit PresetBook(QSettings& store) : store_(store) {}

  QStringList names() const;  ///< in alphabetical order

  /// A preset of the same name is replaced. Only what belongs to a preset is kept. Names are trimmed; an empty one
  /// changes nothing.
  void save(const QString& name, const chats::ChatSettings& settings);

  /// `settings` as the preset says; what belongs to no preset stays. Unknown names change nothing.
  chats::ChatSettings applied(const QString& name, const chats::ChatSettings& settings) const;

  void remove(const QString& name);

  /// Whether the settings are what the preset says.
  bool matches(const QString& name, const chats::ChatSettings& settings) const;

private:
  QMap<QString, QVariant> entries() const;

  QSettings& store_;
};

}  // namespace etna::gui
