// How quick the transcript is without a graphics device: offscreen, software renderer. Prints percentiles in
// milliseconds. transcript_bench [messages]
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QQuickWindow>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "gui/transcript/transcript_view.h"

namespace etna::gui {
namespace {

constexpr const char* paragraph =
    "A model reads your message as *tokens*, small pieces of text, and predicts **one piece after the other**. Each "
    "new "
    "piece is added to what it has read, so `logits` are computed again and again.\n\n";
constexpr const char* code = "```cpp\nfor (int i = 0; i < 10; ++i) {\n  sum += value[i];  // add\n}\n```\n\n";

class Chat : public TranscriptSource {
public:
  explicit Chat(int number) {
    for (int i = 0; i < number; ++i) {
      TranscriptMessage message;
      message.id = i + 1;
      message.role = i % 2 == 0 ? TranscriptMessage::Role::user : TranscriptMessage::Role::model;
      message.text = i % 2 == 0 ? QStringLiteral("Question %1: what about this?").arg(i)
                                : QString::fromLatin1(paragraph).repeated(1 + i % 5) + QLatin1String(i % 3 ? "" : code);
      messages.push_back(std::move(message));
    }
  }

  int count() const override { return static_cast<int>(messages.size()); }

  TranscriptMessage message(int row) const override { return messages[static_cast<std::size_t>(row)]; }

  int size_hint(int row) const override {
    return static_cast<int>(messages[static_cast<std::size_t>(row)].text.size());
  }

  TranscriptMessage::Role role(int row) const override { return messages[static_cast<std::size_t>(row)].role; }

  void begin_reply() {
    TranscriptMessage message;
    message.id = count() + 1;
    message.role = TranscriptMessage::Role::model;
    message.state = TranscriptMessage::State::writing;
    messages.push_back(message);
    emit inserted(count() - 1, 1);
  }

  void append(const QString& piece) {
    messages.back().text += piece;
    emit textAppended(count() - 1, piece);
  }

  std::vector<TranscriptMessage> messages;
};

/// Stands for the composer: a key makes it look different.
class Composer : public QQuickItem {
public:
  explicit Composer(QQuickItem* parent) : QQuickItem(parent) { setFlag(ItemHasContents); }

protected:
  void keyPressEvent(QKeyEvent*) override { update(); }

  QSGNode* updatePaintNode(QSGNode* old, UpdatePaintNodeData*) override { return old; }
};

void print(const char* name, std::vector<double> times) {
  if (times.empty()) return;
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[std::min(times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
  };
  std::printf("%-44s p50 %7.2f  p95 %7.2f  p99 %7.2f  max %7.2f ms  (%zu)\n", name, at(0.5), at(0.95), at(0.99),
              times.back(), times.size());
  std::fflush(stdout);
}

double milliseconds(const QElapsedTimer& clock) {
  return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

struct Stage {
  Stage() {
    window.resize(1000, 800);
    view.setParentItem(window.contentItem());
    view.setSize(QSizeF(1000, 700));
    composer.setParentItem(window.contentItem());
    composer.setPosition(QPointF(0, 700));
    composer.setSize(QSizeF(1000, 100));
    window.show();
    QTest::qWaitForWindowExposed(&window);
  }

  /// A whole frame, painted.
  void frame() { window.grabWindow(); }

  QQuickWindow window;
  TranscriptView view;
  Composer composer{nullptr};
};

void open_chat(int number) {
  std::vector<double> times;
  Stage stage;
  for (int i = 0; i < 8; ++i) {
    Chat chat(number);
    QElapsedTimer clock;
    clock.start();
    stage.view.set_source(&chat);
    stage.frame();
    times.push_back(milliseconds(clock));
    stage.view.set_source(nullptr);
  }
  print(qPrintable(QStringLiteral("open %1 messages to text").arg(number)), times);
}

void type_while_streaming(int number) {
  Chat chat(number);
  Stage stage;
  stage.view.set_source(&chat);
  stage.frame();
  chat.begin_reply();
  stage.composer.forceActiveFocus();
  const QString words = QString::fromLatin1(paragraph).repeated(8) + QLatin1String(code);
  int at = 0;
  QTimer tokens;
  tokens.setTimerType(Qt::PreciseTimer);
  tokens.setInterval(10);
  QObject::connect(&tokens, &QTimer::timeout, [&] {
    chat.append(words.mid(at % words.size(), 4));
    at += 4;
  });
  tokens.start();
  // From the key to the frame that shows it, through the event queue as it is.
  std::vector<double> times;
  QElapsedTimer clock;
  bool waiting = false;
  QObject::connect(
      &stage.window, &QQuickWindow::afterRendering, &stage.window,
      [&] {
        if (waiting) times.push_back(milliseconds(clock));
        waiting = false;
      },
      Qt::DirectConnection);
  for (int i = 0; i < 300; ++i) {
    QTest::qWait(17);
    if (waiting) continue;
    clock.start();
    waiting = true;
    QCoreApplication::postEvent(&stage.window,
                                new QKeyEvent(QEvent::KeyPress, Qt::Key_X, Qt::NoModifier, QStringLiteral("x")));
  }
  print(qPrintable(QStringLiteral("key to glyph, %1 messages, 100 tok/s").arg(number)), times);
}

void scroll(int number) {
  Chat chat(number);
  Stage stage;
  stage.view.set_source(&chat);
  stage.frame();
  std::vector<double> steps, pages, jumps;
  for (int i = 0; i < 300; ++i) {
    QElapsedTimer clock;
    clock.start();
    stage.view.body().scroll_by(-40);
    stage.frame();
    steps.push_back(milliseconds(clock));
  }
  for (int i = 0; i < 100; ++i) {
    QElapsedTimer clock;
    clock.start();
    stage.view.body().scroll_by(-668);
    stage.frame();
    pages.push_back(milliseconds(clock));
  }
  for (int i = 0; i < 100; ++i) {
    QElapsedTimer clock;
    clock.start();
    stage.view.set_content_y(stage.view.content_height() * (i * 37 % 100) / 100);
    stage.frame();
    jumps.push_back(milliseconds(clock));
  }
  print("frame of a 40 px step", steps);
  print("frame of a page", pages);
  print("frame of a jump anywhere", jumps);
}

/// The same reply in eighths: in linear time the last one costs what the first did.
void stream_long_reply() {
  Chat chat(10);
  Stage stage;
  stage.view.set_source(&chat);
  chat.begin_reply();
  const QString text = (QString::fromLatin1(paragraph) + QLatin1String(code)).repeated(4000);
  const qsizetype eighth = (1 << 20) / 8;
  for (int part = 0; part < 8; ++part) {
    QElapsedTimer clock;
    clock.start();
    std::vector<double> frames;
    for (qsizetype at = part * eighth; at < (part + 1) * eighth; at += 512) {
      chat.append(text.mid(at, 512));
      QElapsedTimer one;
      one.start();
      stage.frame();
      frames.push_back(milliseconds(one));
    }
    std::printf("1 MB reply, part %d of 8: %.0f ms\n", part + 1, milliseconds(clock));
    if (part == 7) print("frame at its end", frames);
  }
}

}  // namespace
}  // namespace etna::gui

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_QUICK_BACKEND", "software");
  const QGuiApplication application(argc, argv);
  const int number = argc > 1 ? std::atoi(argv[1]) : 10'000;
  etna::gui::open_chat(2000);
  etna::gui::open_chat(number);
  etna::gui::type_while_streaming(number);
  etna::gui::scroll(number);
  etna::gui::stream_long_reply();
  return 0;
}
