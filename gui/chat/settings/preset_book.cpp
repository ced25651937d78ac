#include "gui/chat/settings/preset_book.h"

#include <QVariantMap>

#include "gui/chat/store/chat_database.h"

namespace etna::gui {
namespace {

const QString key = QStringLiteral("presets");

/// What of a chat's settings belongs to a preset.
chats::ChatSettings preset_part(chats::ChatSettings settings) {
  settings.model.clear();
  settings.thinks.reset();
  settings.context_length.reset();
  settings.overflow = chats::Overflow::ask;
  return settings;
}

}  // namespace

QMap<QString, QVariant> PresetBook::entries() const {
  return store_.value(key).toMap();
}

QStringList PresetBook::names() const {
  QStringList names = entries().keys();
  names.sort(Qt::CaseInsensitive);
  return names;
}

void PresetBook::save(const QString& name, const chats::ChatSettings& settings) {
  const QString known = name.simplified();
  if (known.isEmpty()) return;
  QMap<QString, QVariant> all = entries();
  all[known] = QString::fromStdString(chats::settings_text(preset_part(settings)));
  store_.setValue(key, all);
}

chats::ChatSettings PresetBook::applied(const QString& name, const chats::ChatSettings& settings) const {
  const QMap<QString, QVariant> all = entries();
  if (!all.contains(name)) return settings;
  // Settings are read as those of the store are: what makes no sense is left out.
  chats::ChatSettings result = preset_part(chats::settings_from(all[name].toString().toStdString()));
  result.model = settings.model;
  result.thinks = settings.thinks;
  result.context_length = settings.context_length;
  result.overflow = settings.overflow;
  return result;
}

void PresetBook::remove(const QString& name) {
  QMap<QString, QVariant> all = entries();
  all.remove(name);
  store_.setValue(key, all);
}

bool PresetBook::matches(const QString& name, const chats::ChatSettings& settings) const {
  return entries().contains(name) && applied(name, settings) == settings;
}

}  // namespace etna::gui
