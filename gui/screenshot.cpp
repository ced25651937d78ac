#include "gui/screenshot.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QImage>
#include <cstdio>

namespace etna::gui {
namespace {

constexpr int deadline_ms = 120'000;
constexpr int settle_ms = 500;            // longer than any animation
constexpr int timeline_samples = 120;     // what the time line shows at once
constexpr int streamed_characters = 260;  // enough text to see it being written
constexpr int memory_page = 3;            // of Rail.Page
constexpr int settings_page = 5;
const QString usual_prompt = QStringLiteral("Tell me a short story about a robot.");

}  // namespace

QStringList Screenshot::states() {
  return {QStringLiteral("reply"),        QStringLiteral("first-run"),
          QStringLiteral("empty"),        QStringLiteral("no-model"),
          QStringLiteral("streaming"),    QStringLiteral("loading"),
          QStringLiteral("failed"),       QStringLiteral("settings"),
          QStringLiteral("picker"),       QStringLiteral("shortcuts"),
          QStringLiteral("stopped"),      QStringLiteral("removed"),
          QStringLiteral("memory"),       QStringLiteral("failed-reply"),
          QStringLiteral("chats"),        QStringLiteral("large-text"),
          QStringLiteral("thinking"),     QStringLiteral("thoughts"),
          QStringLiteral("memory-end"),   QStringLiteral("memory-large"),
          QStringLiteral("load-sheet"),   QStringLiteral("load-large"),
          QStringLiteral("load-anyway"),  QStringLiteral("unloaded"),
          QStringLiteral("load-unknown"), QStringLiteral("memory-empty"),
          QStringLiteral("inspector"),    QStringLiteral("inspector-large"),
          QStringLiteral("context"),      QStringLiteral("context-large"),
          QStringLiteral("overflow"),     QStringLiteral("overflow-large"),
          QStringLiteral("left-out"),     QStringLiteral("left-out-large"),
          QStringLiteral("kept-prompts"), QStringLiteral("kept-large"),
          QStringLiteral("details"),      QStringLiteral("raw"),
          QStringLiteral("save-context"), QStringLiteral("details-large"),
          QStringLiteral("kept-empty")};
}

Screenshot::Screenshot(App& app, QQuickWindow& window, const Options& options, QObject* parent)
    : QObject(parent),
      app_(app),
      window_(window),
      options_(options),
      state_(options.state.isEmpty() ? QStringLiteral("reply") : options.state) {
  deadline_.setSingleShot(true);
  connect(&deadline_, &QTimer::timeout, this,
          [this] { give_up(tr("The window was not ready for its picture after two minutes.")); });
}

void Screenshot::start() {
  deadline_.start(deadline_ms);
  if (state_ == QLatin1String("large-text") || state_.endsWith(QLatin1String("-large")))
    app_.settings()->set_font_scale(2.0);
  connect(app_.library(), &LibraryController::changed, this, &Screenshot::on_library_changed);
  connect(app_.library(), &LibraryController::ready, this, &Screenshot::open_chat);
  connect(app_.library(), &LibraryController::failed, this, [this](const Problem& problem) {
    if (state_ == QLatin1String("failed") || state_ == QLatin1String("unloaded")) return settle();
    give_up(problem.title + u' ' + problem.body);
  });
  if (state_ == QLatin1String("first-run") || state_ == QLatin1String("no-model")) {
    // The page names this computer's devices, which are found on a thread of their own.
    if (app_.machine()->known()) return settle();
    connect(app_.machine(), &Machine::changed, this, &Screenshot::settle);
    return;
  }
  if (state_ == QLatin1String("memory-empty")) return show_memory();
  app_.library()->load(options_.model);
}

void Screenshot::open_chat() {
  if (state_ == QLatin1String("loading") || state_ == QLatin1String("failed"))
    return give_up(tr("The model was loaded before the picture of the state “%1” could be taken.").arg(state_));
  if (state_ == QLatin1String("empty")) return settle();
  if (state_ == QLatin1String("settings")) {
    show_page(settings_page);
    return settle();
  }
  if (state_.startsWith(QLatin1String("memory"))) return show_memory();
  if (state_ == QLatin1String("kept-empty")) return show_prompts();
  if (state_.startsWith(QLatin1String("load-"))) return open_load_sheet();
  if (state_ == QLatin1String("unloaded")) {
    // The model goes by itself; the window notices when it looks.
    connect(app_.library(), &LibraryController::changed, this, [this] {
      if (!app_.library()->loaded()) settle();
    });
    QTimer::singleShot(settle_ms, app_.memory(), &MemoryMonitor::refresh);
    return;
  }
  if (state_.startsWith(QLatin1String("inspector"))) show_inspector();
  if (state_.startsWith(QLatin1String("left-out"))) app_.inspector()->context()->set_policy(1);
  if (state_.startsWith(QLatin1String("overflow")))
    connect(app_.inspector()->overflow(), &OverflowQuestion::changed, this, [this] {
      if (app_.inspector()->overflow()->asking() && !app_.inspector()->overflow()->looking()) settle();
    });
  send_prompt();
}

/// With something in every part of it.
void Screenshot::show_inspector() {
  ChatInspector& inspector = *app_.inspector();
  inspector.set_system_prompt(tr("You are a patient teacher. Answer in short sentences and give one example."));
  inspector.sampling()->type(SamplingList::Temperature, QStringLiteral("0.9"));
  inspector.savePreset(tr("Teacher"));
  inspector.sampling()->type(SamplingList::Seed, QStringLiteral("42"));
  inspector.addStopText(QStringLiteral("\\nQuestion:"));
  inspector.set_size(1);
  QMetaObject::invokeMethod(&window_, "toggleInspector");
}

/// A chat is filled until it is longer than the context. The model is loaded anew for a larger one only by a person.
bool Screenshot::goes_on() {
  const bool fills = state_.startsWith(QLatin1String("overflow")) || state_.startsWith(QLatin1String("left-out"));
  const int turns = app_.library()->starter() ? 6 : 3;
  if (!fills || ++turns_ > turns) return false;
  static const QStringList prompts = {tr("Tell me a story about a lighthouse."), tr("And what did the captain say?"),
                                      tr("Tell it again from the captain's side.")};
  QString prompt = prompts.at((turns_ - 1) % prompts.size());
  // A long text that somebody wants to talk about.
  if (turns_ == 3 && !app_.library()->starter()) prompt += QStringLiteral("\n\n") + usual_prompt.repeated(860);
  app_.chats()->set_draft(prompt);
  app_.chats()->send();
  return true;
}

void Screenshot::show_page(int page) {
  window_.setProperty("page", page);
}

/// A whole time line, without waiting for it.
void Screenshot::show_memory() {
  show_page(memory_page);
  for (int i = 0; i < timeline_samples; ++i) app_.memory()->refresh();
  // What lies below the first screen full.
  if (state_ == QLatin1String("memory-end")) QMetaObject::invokeMethod(&window_, "showEndOfMemory");
  settle();
}

/// The lists come from a thread of their own; what is below them is in its place when they are there.
void Screenshot::show_prompts() {
  show_page(memory_page);
  connect(app_.snapshots(), &SnapshotsController::changed, this, [this] {
    if (!app_.snapshots()->known() || !app_.prompts()->known() || settling_) return;
    QTimer::singleShot(settle_ms, this, [this] {
      QMetaObject::invokeMethod(&window_, "showPrompts");
      settle();
    });
  });
  app_.prompts()->refresh();
  app_.snapshots()->refresh();
}

void Screenshot::open_load_sheet() {
  connect(app_.load_settings(), &LoadSettings::estimated, this, [this] {
    if (!app_.load_settings()->known() && !app_.load_settings()->unreadable()) return;
    if (state_ == QLatin1String("load-anyway")) app_.load_settings()->askAnyway();
    settle();
  });
  QMetaObject::invokeMethod(&window_, "openLoadSettings", Q_ARG(QString, options_.prompt));
}

void Screenshot::send_prompt() {
  connect(app_.chats(), &ChatController::finished, this, &Screenshot::on_reply_finished);
  connect(app_.chats()->messages(), &MessageList::grown, this, &Screenshot::on_reply_grown);
  app_.chats()->set_draft(options_.prompt.isEmpty() ? usual_prompt : options_.prompt);
  app_.chats()->send();
}

void Screenshot::on_library_changed() {
  if (state_ == QLatin1String("loading") && app_.library()->loading())
    connect(app_.library()->job(), &Job::changed, this, &Screenshot::on_progress, Qt::UniqueConnection);
}

void Screenshot::on_progress() {
  if (app_.library()->job()->progress() > 0.4) settle();
}

void Screenshot::on_reply_grown() {
  const MessageList& messages = *app_.chats()->messages();
  const int row = messages.last_reply();
  if (state_ == QLatin1String("thinking") && row >= 0 && messages.at(row).thinking_seconds >= 1) return settle();
  const bool enough = app_.chats()->lastReply().size() > streamed_characters;
  if (state_ == QLatin1String("streaming") && enough) return settle();
  if (state_ == QLatin1String("stopped") && enough) app_.chats()->stop();
}

void Screenshot::on_reply_finished() {
  const MessageList& messages = *app_.chats()->messages();
  const int row = messages.last_reply();
  const bool broken = row >= 0 && messages.at(row).problem.is_set();
  if (broken && state_ != QLatin1String("failed-reply"))
    return give_up(messages.at(row).problem.title + u' ' + messages.at(row).problem.body);
  if (goes_on()) return;
  if (state_.startsWith(QLatin1String("context"))) QMetaObject::invokeMethod(&window_, "openContext");
  if (state_ == QLatin1String("picker")) QMetaObject::invokeMethod(&window_, "openPicker");
  if (state_ == QLatin1String("shortcuts")) QMetaObject::invokeMethod(&window_, "openShortcuts");
  if (state_ == QLatin1String("chats")) QMetaObject::invokeMethod(&window_, "toggleList");
  if (state_.startsWith(QLatin1String("kept-"))) return show_prompts();
  if (state_ == QLatin1String("raw")) app_.chats()->messages()->setRaw(row, true);
  if (state_.startsWith(QLatin1String("details")))
    QMetaObject::invokeMethod(&window_, "showReplyDetails", Q_ARG(int, row));
  if (state_ == QLatin1String("save-context")) QMetaObject::invokeMethod(&window_, "saveContext", Q_ARG(int, row));
  if (state_ == QLatin1String("thoughts")) app_.chats()->messages()->setThinkingOpen(row, true);
  if (state_ == QLatin1String("removed")) app_.chats()->remove(app_.chats()->current_id());
  settle();
}

void Screenshot::settle() {
  if (settling_) return;
  settling_ = true;
  QTimer::singleShot(settle_ms, this, &Screenshot::take);
}

void Screenshot::take() {
  deadline_.stop();
  const QImage picture = window_.grabWindow();
  QDir().mkpath(QFileInfo(options_.screenshot).path());
  if (picture.isNull()) return give_up(tr("The window could not be drawn."));
  if (!picture.convertToFormat(QImage::Format_RGB888).save(options_.screenshot, "PNG"))
    return give_up(tr("%1 can't be written.").arg(options_.screenshot));
  QCoreApplication::exit(0);
}

void Screenshot::give_up(const QString& sentence) {
  std::fprintf(stderr, "etna: %s\n", qUtf8Printable(sentence));
  QCoreApplication::exit(1);
}

}  // namespace etna::gui
