#include "gui/system/machine.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <algorithm>
#include <array>

#include "engine/engine.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

/// The largest familiar model size, in billions of parameters, that runs in this much memory with room for its context.
int comfortable_billions(std::uint64_t available_bytes) {
  static constexpr std::array sizes = {120, 70, 32, 14, 8, 4, 3, 1};
  // 4-bit weights with their scales take 0.57 bytes each; as much again for context, working memory and other programs.
  const double billions = static_cast<double>(available_bytes) / (2 * 0.57e9);
  const auto fits = std::ranges::find_if(sizes, [billions](int size) { return size <= billions; });
  return fits == sizes.end() ? 0 : *fits;
}

QString translated(const char* text) {
  return QCoreApplication::translate("Machine", text);
}

quint64 folder_bytes(const QString& folder) {
  quint64 bytes = 0;
  QDirIterator files(folder, QDir::Files);
  while (files.hasNext()) {
    files.next();
    bytes += static_cast<quint64>(files.fileInfo().size());
  }
  return bytes;
}

}  // namespace

QString welcome_text(const std::vector<DeviceInfo>& devices) {
  const auto gpu = std::ranges::find_if(devices, &DeviceInfo::is_gpu);
  const auto cpu = std::ranges::find(devices, "cpu", &DeviceInfo::id);
  QStringList sentences;
  if (gpu != devices.end()) {
    const QString name = QString::fromStdString(gpu->name);
    if (gpu->shares_system_memory) {
      sentences << translated(
                       QT_TRANSLATE_NOOP("Machine",
                                         "This computer has %1 of memory and a graphics device that shares it (%2)."))
                       .arg(format::memory_bytes(gpu->memory_bytes), name);
    } else {
      sentences << translated(
                       QT_TRANSLATE_NOOP("Machine", "This computer has a graphics device with %1 of memory (%2)."))
                       .arg(format::memory_bytes(gpu->memory_bytes), name);
    }
    if (const int billions = comfortable_billions(gpu->available_bytes); billions > 0) {
      sentences << translated(QT_TRANSLATE_NOOP("Machine", "Models up to about %1 billion parameters will run well."))
                       .arg(billions);
    }
    return sentences.join(u' ');
  }
  if (cpu != devices.end()) {
    sentences << translated(QT_TRANSLATE_NOOP("Machine", "This computer has %1 of memory."))
                     .arg(format::memory_bytes(cpu->memory_bytes));
  }
  sentences << translated(QT_TRANSLATE_NOOP(
      "Machine", "No graphics device for Vulkan was found. Etna can run small models on the processor, slowly."));
  return sentences.join(u' ');
}

void Machine::find_devices() {
  finder_ = std::jthread([this] {
    const std::vector<DeviceInfo> devices = Engine::devices();
    const quint64 bytes = folder_bytes(QString::fromStdString(Engine::starter_model_path()));
    post(this, [this, devices, bytes] {
      devices_ = devices;
      starter_bytes_ = bytes;
      known_ = true;
      emit changed();
    });
  });
}

bool Machine::lacks_gpu() const {
  return known_ && std::ranges::none_of(devices_, &DeviceInfo::is_gpu);
}

QString Machine::welcome() const {
  return known_ ? welcome_text(devices_) : tr("Looking at this computer…");
}

QStringList Machine::device_names() const {
  QStringList names = {tr("Best available")};
  for (const DeviceInfo& device : devices_) names << QString::fromStdString(device.name);
  return names;
}

QStringList Machine::device_ids() const {
  QStringList ids;
  for (const DeviceInfo& device : devices_) ids << QString::fromStdString(device.id);
  return ids;
}

QString Machine::starter_size() const {
  return starter_bytes_ > 0 ? format::disk_bytes(starter_bytes_) : QString();
}

QString Machine::deviceId(int index) const {
  const auto position = static_cast<std::size_t>(index) - 1;
  return index >= 1 && position < devices_.size() ? QString::fromStdString(devices_[position].id) : QString();
}

int Machine::deviceIndex(const QString& id) const {
  const auto found = std::ranges::find(devices_, id.toStdString(), &DeviceInfo::id);
  return found == devices_.end() ? 0 : static_cast<int>(found - devices_.begin()) + 1;
}

}  // namespace etna::gui
