#pragma once

#include <QAbstractListModel>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include "engine/engine.h"

namespace etna::gui {

/// What the engine holds, by owner, and how tight memory is. Asked twice a second while work runs, every three seconds
/// otherwise, never while the window is hidden.
class MemoryMonitor : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(QString text READ text NOTIFY changed)
  Q_PROPERTY(QString word READ word NOTIFY changed)
  Q_PROPERTY(Pressure pressure READ pressure NOTIFY changed)
  Q_PROPERTY(double fraction READ fraction NOTIFY changed)
  Q_PROPERTY(QString detail READ detail NOTIFY changed)
  Q_PROPERTY(bool visible READ visible WRITE set_visible NOTIFY visibleChanged)

public:
  enum Pressure { Calm, Busy, Tight, Critical };
  Q_ENUM(Pressure)
  enum Role { NameRole = Qt::UserRole, AmountRole };

  explicit MemoryMonitor(const Engine& engine, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  QString text() const;  ///< "0.1 / 12.0 GiB"
  QString word() const;  ///< "calm"
  QString detail() const;
  Pressure pressure() const { return pressure_; }
  double fraction() const;

  bool visible() const { return timer_.isActive(); }
  void set_visible(bool visible);
  void set_busy(bool busy);

signals:
  void changed();
  void visibleChanged();

private:
  void sample();

  const Engine& engine_;
  QTimer timer_;
  MemorySummary summary_;
  Pressure pressure_ = Calm;
};

/// How tight it is for Etna: by the share of its own limit.
MemoryMonitor::Pressure pressure_of(const MemorySummary& summary);

}  // namespace etna::gui
