#include "gui/chat/message_list_source.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

namespace etna::gui {
namespace {

TEST(MessageListSource, TellsWhatGrewAndWhatEnded) {
  MessageList list;
  MessageListSource source;
  source.set_messages(&list);
  QString text;
  QObject::connect(&source, &TranscriptSource::textAppended, [&](int, const QString& piece) { text += piece; });
  QSignalSpy inserted(&source, &TranscriptSource::inserted), finished(&source, &TranscriptSource::finished);
  QSignalSpy removed(&source, &TranscriptSource::removed), changed(&source, &TranscriptSource::changed);
  list.add(MessageList::User, QStringLiteral("Hello"), MessageList::Done);
  const int row = list.add(MessageList::Model, {}, MessageList::Reading, QStringLiteral("Etna"));
  EXPECT_EQ(inserted.count(), 2);
  list.append_text(row, QStringLiteral("a"));
  list.append_text(row, QStringLiteral("bc"));
  EXPECT_EQ(text, QStringLiteral("abc"));
  EXPECT_EQ(finished.count(), 0);
  list.set_state(row, MessageList::Done);
  EXPECT_EQ(finished.count(), 1);
  EXPECT_GT(changed.count(), 0);
  const TranscriptMessage message = source.message(row);
  EXPECT_EQ(message.text, QStringLiteral("abc"));
  EXPECT_EQ(message.author, QStringLiteral("Etna"));
  EXPECT_NE(message.id, source.message(0).id);
  list.remove_from(row);
  EXPECT_EQ(removed.count(), 1);
  EXPECT_EQ(source.count(), 1);
}

TEST(MessageListSource, AnotherListIsAnotherChat) {
  MessageList first, second;
  first.add(MessageList::User, QStringLiteral("one"), MessageList::Done);
  MessageListSource source;
  QSignalSpy reset(&source, &TranscriptSource::reset);
  source.set_messages(&first);
  EXPECT_EQ(source.count(), 1);
  source.set_messages(&second);
  EXPECT_EQ(source.count(), 0);
  EXPECT_EQ(reset.count(), 2);
  first.add(MessageList::User, QStringLiteral("two"), MessageList::Done);
  EXPECT_EQ(source.count(), 0);
}

}  // namespace
}  // namespace etna::gui
