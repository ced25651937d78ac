#pragma once

#include <QObject>
#include <QPointer>
#include <QQuickWindow>
#include <QStringList>
#include <QTimer>

#include "gui/app.h"
#include "gui/options.h"

namespace etna::gui {

/// Brings the window into a state, waits until it stands still, writes a picture, ends the program: with 0, or with 1
/// and a sentence on the standard error output.
class Screenshot : public QObject {
  Q_OBJECT

public:
  Screenshot(App& app, QQuickWindow& window, const Options& options, QObject* parent = nullptr);

  static QStringList states();

  void start();

private:
  void open_chat();
  void show_page(int page);
  void show_memory();
  void show_prompts();
  void open_load_sheet();
  void send_prompt();
  void show_inspector();
  bool goes_on();
  void on_library_changed();
  void on_progress();
  void on_reply_grown();
  void on_reply_finished();
  void settle();
  void take();
  void give_up(const QString& sentence);

  App& app_;
  QQuickWindow& window_;
  const Options options_;
  QString state_;
  QTimer deadline_;
  bool settling_ = false;
  int turns_ = 0;  ///< of a chat that is filled
};

}  // namespace etna::gui
