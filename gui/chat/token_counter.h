#pragma once

#include <QObject>
#include <QTimer>

#include "engine/engine.h"

namespace etna::gui {

/// How long a draft is for the model, a moment after the last key press. Short drafts have no count: it would only
/// flicker. Of very long ones the beginning is counted and the rest estimated, so that typing never waits.
class TokenCounter : public QObject {
  Q_OBJECT

public:
  explicit TokenCounter(Engine& engine, QObject* parent = nullptr);

  void set_text(const QString& text);

  /// "312 tokens", "about 12400 tokens", or nothing.
  const QString& text() const { return shown_; }

signals:
  void changed();

private:
  void count();
  void show(const QString& text);

  Engine& engine_;
  QTimer pause_;
  QString draft_, shown_;
};

}  // namespace etna::gui
