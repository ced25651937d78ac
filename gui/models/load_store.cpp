#include "gui/models/load_store.h"

#include <QCryptographicHash>
#include <algorithm>

namespace etna::gui {
namespace {

constexpr qulonglong longest_context = qulonglong{1} << 32;

/// A path holds slashes, which would be groups of the settings.
QString key(const QString& path, const char* name) {
  const QByteArray hash = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha1).toHex();
  return QStringLiteral("models/%1/%2").arg(QLatin1String(hash), QLatin1String(name));
}

}  // namespace

SavedLoad LoadStore::read(const QString& path) const {
  const auto number = [&](const char* name, int usual) { return store_.value(key(path, name), usual).toInt(); };
  SavedLoad load;
  load.context_length = std::min(store_.value(key(path, "context"), 0).toULongLong(), longest_context);
  const int bits = number("kvBits", 0);
  load.kv_bits = bits == 4 || bits == 8 ? bits : 0;
  load.layers = std::clamp(number("layers", -1), -1, 10'000);
  load.keep = static_cast<SavedLoad::Keep>(std::clamp(number("keep", 0), 0, 2));
  load.keep_minutes = std::clamp(number("keepMinutes", load.keep_minutes), 1, 7 * 24 * 60);
  load.device = store_.value(key(path, "device")).toString();
  load.adapter = store_.value(key(path, "adapter")).toString();
  return load;
}

void LoadStore::write(const QString& path, const SavedLoad& load) {
  store_.setValue(key(path, "context"), qulonglong{load.context_length});
  store_.setValue(key(path, "kvBits"), load.kv_bits);
  store_.setValue(key(path, "layers"), load.layers);
  store_.setValue(key(path, "keep"), static_cast<int>(load.keep));
  store_.setValue(key(path, "keepMinutes"), load.keep_minutes);
  store_.setValue(key(path, "device"), load.device);
  store_.setValue(key(path, "adapter"), load.adapter);
}

std::uint64_t LoadStore::peak(const QString& path) const {
  return store_.value(key(path, "peak"), 0).toULongLong();
}

void LoadStore::set_peak(const QString& path, std::uint64_t bytes) {
  store_.setValue(key(path, "peak"), qulonglong{bytes});
}

LoadRequest request_for(const QString& path, const SavedLoad& load, const QString& app_device) {
  LoadRequest request;
  request.path = path.toStdString();
  request.device = (load.device.isEmpty() ? app_device : load.device).toStdString();
  request.context_length = load.context_length;
  request.kv_cache.key_bits = load.kv_bits;
  request.kv_cache.value_bits = load.kv_bits;
  request.layers_on_device = load.layers;
  request.adapter = load.adapter.toStdString();
  if (load.keep == SavedLoad::Keep::until_unloaded) request.idle_unload_seconds = 0;
  if (load.keep == SavedLoad::Keep::minutes) request.idle_unload_seconds = 60.0 * load.keep_minutes;
  return request;
}

}  // namespace etna::gui
