#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QStringList>
#include <thread>
#include <vector>

#include "engine/session/messages.h"

namespace etna::gui {

/// This computer: its devices, found on a thread of its own because drivers take their time.
class Machine : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(QString welcome READ welcome NOTIFY changed)
  Q_PROPERTY(bool lacksGpu READ lacks_gpu NOTIFY changed)
  Q_PROPERTY(QStringList deviceNames READ device_names NOTIFY changed)
  Q_PROPERTY(QString starterSize READ starter_size NOTIFY changed)

public:
  explicit Machine(QObject* parent = nullptr) : QObject(parent) {}

  void find_devices();

  bool known() const { return known_; }

  QString welcome() const;
  bool lacks_gpu() const;  ///< true once that is known
  QStringList device_names() const;  ///< the first one is "Best available"
  QStringList device_ids() const;    ///< DeviceInfo::id of each
  QString starter_size() const;      ///< "10.6 MB"; empty while unknown

  Q_INVOKABLE QString deviceId(int index) const;
  Q_INVOKABLE int deviceIndex(const QString& id) const;

signals:
  void changed();

private:
  bool known_ = false;
  std::vector<DeviceInfo> devices_;
  quint64 starter_bytes_ = 0;
  std::jthread finder_;
};

/// What the computer can do, in plain words.
QString welcome_text(const std::vector<DeviceInfo>& devices);

}  // namespace etna::gui
