#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QTimer>

#include "engine/engine.h"
#include "gui/memory/loaded_models.h"
#include "gui/memory/memory_history.h"
#include "gui/memory/use_list.h"
#include "gui/plot/bar_list.h"

namespace etna::gui {

/// What the engine holds and how tight memory is: asked twice a second while the page is seen, every five seconds while
/// the window is, never while it is hidden. Screens hear only of what looks different.
class MemoryMonitor : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(QString text READ text NOTIFY changed)
  Q_PROPERTY(QString word READ word NOTIFY changed)
  Q_PROPERTY(Pressure pressure READ pressure NOTIFY changed)
  Q_PROPERTY(double fraction READ fraction NOTIFY changed)
  Q_PROPERTY(QString sentence READ sentence NOTIFY changed)
  Q_PROPERTY(QString details READ details NOTIFY detailsChanged)
  Q_PROPERTY(bool visible READ visible WRITE set_visible NOTIFY visibleChanged)
  Q_PROPERTY(bool pageVisible READ page_visible WRITE set_page_visible NOTIFY visibleChanged)
  Q_PROPERTY(etna::gui::BarList* pools READ pools CONSTANT)
  Q_PROPERTY(etna::gui::UseList* uses READ uses CONSTANT)
  Q_PROPERTY(etna::gui::LoadedModels* models READ models CONSTANT)
  Q_PROPERTY(etna::gui::MemoryHistory* history READ history CONSTANT)

public:
  enum Pressure { Calm, Busy, Tight, Critical };
  Q_ENUM(Pressure)

  explicit MemoryMonitor(Engine& engine, QObject* parent = nullptr);

  const QString& text() const { return shown_.text; }  ///< "0.1 / 12.0 GiB"

  const QString& word() const { return shown_.word; }  ///< "calm"

  const QString& sentence() const { return shown_.sentence; }

  Pressure pressure() const { return shown_.pressure; }

  double fraction() const { return shown_.fraction; }  ///< of the limit, 0 to 1

  QString details() const { return details_; }

  bool visible() const { return visible_; }

  void set_visible(bool visible);

  bool page_visible() const { return page_visible_; }

  void set_page_visible(bool visible);

  BarList* pools() { return &pools_; }

  UseList* uses() { return &uses_; }

  LoadedModels* models() { return &models_; }

  MemoryHistory* history() { return &history_; }

  const MemoryStatus& status() const { return status_; }  ///< the latest

  Q_INVOKABLE QString report() const;

  /// Asks now: after something that changes a lot.
  void refresh();

signals:
  void changed();
  void detailsChanged();
  void visibleChanged();
  void sampled(const std::vector<etna::MemoryEvent>& events);  ///< those since the last time

private:
  struct Shown {
    QString text, word, sentence;
    Pressure pressure = Calm;
    double fraction = 0;

    friend bool operator==(const Shown&, const Shown&) = default;
  };

  void pace();
  void show_page();

  Engine& engine_;
  QTimer timer_;
  bool visible_ = false;
  bool page_visible_ = false;
  MemoryStatus status_;
  std::uint64_t last_event_ = 0;
  Shown shown_;
  QString details_;
  BarList pools_;
  UseList uses_;
  LoadedModels models_;
  MemoryHistory history_;
};

}  // namespace etna::gui
