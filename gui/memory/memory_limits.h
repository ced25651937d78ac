#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>
#include <QStringList>

#include "gui/memory/memory_monitor.h"

namespace etna::gui {

/// What Etna may use: kept between starts, given to the engine at once.
class MemoryLimits : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the limits")
  Q_PROPERTY(double limitShare READ limit_share WRITE set_limit_share NOTIFY changed)
  Q_PROPERTY(double recommendedShare READ recommended_share NOTIFY changed)
  Q_PROPERTY(double limitStep READ limit_step NOTIFY changed)
  Q_PROPERTY(bool limited READ limited NOTIFY changed)
  Q_PROPERTY(QString limitText READ limit_text NOTIFY changed)
  Q_PROPERTY(QString limitNote READ limit_note NOTIFY changed)
  Q_PROPERTY(int guardrail READ guardrail WRITE set_guardrail NOTIFY changed)
  Q_PROPERTY(QString guardrailNote READ guardrail_note NOTIFY changed)
  Q_PROPERTY(QStringList idleChoices READ idle_choices CONSTANT)
  Q_PROPERTY(int idle READ idle WRITE set_idle NOTIFY changed)
  Q_PROPERTY(QStringList promptCacheChoices READ prompt_cache_choices CONSTANT)
  Q_PROPERTY(int promptCache READ prompt_cache WRITE set_prompt_cache NOTIFY changed)
  Q_PROPERTY(bool canClear READ can_clear NOTIFY changed)
  Q_PROPERTY(QString clearText READ clear_text NOTIFY changed)

public:
  /// Restores what was chosen. All three outlive this.
  MemoryLimits(Engine& engine, MemoryMonitor& monitor, QSettings& store, QObject* parent = nullptr);

  const MemoryPolicy& policy() const { return policy_; }

  double limit_share() const;  ///< of all memory, 0 to 1
  void set_limit_share(double share);
  double recommended_share() const;
  double limit_step() const;  ///< 256 MiB as a share

  bool limited() const { return policy_.limit_bytes > 0; }

  QString limit_text() const;
  QString limit_note() const;

  int guardrail() const { return static_cast<int>(policy_.guardrail); }

  void set_guardrail(int guardrail);
  QString guardrail_note() const;

  QStringList idle_choices() const;
  int idle() const;
  void set_idle(int index);

  QStringList prompt_cache_choices() const;
  int prompt_cache() const;
  void set_prompt_cache(int index);

  bool can_clear() const { return clearable() > 0; }

  QString clear_text() const;  ///< "Clear (1.2 GiB)"

  Q_INVOKABLE void useRecommendedLimit();
  Q_INVOKABLE void clearCaches();

signals:
  void changed();

private:
  std::uint64_t total() const;
  std::uint64_t clearable() const;
  void restore();
  void apply();

  Engine& engine_;
  MemoryMonitor& monitor_;
  QSettings& store_;
  MemoryPolicy policy_;
  QString last_texts_;  ///< of what depends on the monitor: screens hear of differences only
};

}  // namespace etna::gui
