#pragma once

#include <gtest/gtest.h>

#include <QQmlEngine>
#include <QQuickWindow>
#include <QTest>
#include <memory>
#include <vector>

#include "gui/transcript/transcript_view.h"

namespace etna::gui {

/// A chat that a test writes.
class WrittenSource : public TranscriptSource {
public:
  int count() const override { return static_cast<int>(messages.size()); }

  TranscriptMessage message(int row) const override { return messages.at(static_cast<std::size_t>(row)); }

  void add(TranscriptMessage::Role role, const QString& text,
           TranscriptMessage::State state = TranscriptMessage::State::done) {
    TranscriptMessage message;
    message.id = ++last_id;
    message.role = role;
    message.text = text;
    message.state = state;
    message.author = QStringLiteral("Model");
    messages.push_back(message);
    emit inserted(count() - 1, 1);
  }

  void append(const QString& piece) {
    messages.back().text += piece;
    emit textAppended(count() - 1, piece);
  }

  void finish() {
    messages.back().state = TranscriptMessage::State::done;
    emit changed(count() - 1);
    emit finished(count() - 1);
  }

  std::vector<TranscriptMessage> messages;
  qint64 last_id = 0;
};

/// A transcript in a window of its own, without any QML.
class ViewTest : public testing::Test {
protected:
  void SetUp() override {
    window.resize(800, 600);
    view = new TranscriptView(window.contentItem());
    view->setSize(QSizeF(800, 600));
    view->set_source(&source);
    window.show();
    window.requestActivate();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    view->forceActiveFocus();
  }

  void TearDown() override { delete view; }

  /// Lets the view lay itself out, as before a frame.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      view->ensurePolished();
      QCoreApplication::processEvents();
    }
  }

  void add_pairs(int number) {
    for (int i = 0; i < number; ++i) {
      source.add(TranscriptMessage::Role::user, QStringLiteral("Question %1").arg(i));
      source.add(TranscriptMessage::Role::model,
                 QStringLiteral("Answer %1 with some words.\n\n- one\n- two\n\n").arg(i) +
                     QStringLiteral("Much more text. ").repeated(1 + i * 7 % 40));
    }
    settle();
  }

  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QTest::keyClick(&window, key, modifiers);
    settle();
  }

  /// Text that stands at the top of the view, with its distance: what a person sees stay or move.
  std::pair<int, double> top_place() const {
    const SeenBlock& first = view->body().seen().front();
    return {first.row * 1000 + first.block, first.y};
  }

  WrittenSource source;
  QQuickWindow window;
  TranscriptView* view = nullptr;
};

}  // namespace etna::gui
