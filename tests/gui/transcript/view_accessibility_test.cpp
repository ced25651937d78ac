#include <QAccessible>
#include <QSignalSpy>

#include "tests/gui/transcript/view_fixture.h"

namespace etna::gui {
namespace {

using Role = TranscriptMessage::Role;

class ViewAccessibility : public ViewTest {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    ViewTest::SetUp();
  }

  void TearDown() override {
    ViewTest::TearDown();
    QAccessible::setActive(false);
  }

  QAccessibleInterface* list() { return QAccessible::queryAccessibleInterface(view); }

  static QString name(QAccessibleInterface* node) { return node->text(QAccessible::Name); }
};

TEST_F(ViewAccessibility, MessagesAreItemsOfAListAndBlocksTheirChildren) {
  source.add(Role::user, QStringLiteral("Hello"));
  source.add(
      Role::model,
      QStringLiteral("# Title\n\nSee [there](https://example.org/).\n\n- item\n\n| a |\n|---|\n| 1 |\n\n$$x^2$$"));
  settle();
  ASSERT_NE(list(), nullptr);
  EXPECT_EQ(list()->role(), QAccessible::List);
  EXPECT_EQ(name(list()), QStringLiteral("Messages"));
  ASSERT_EQ(list()->childCount(), 2);
  EXPECT_EQ(name(list()->child(0)), QStringLiteral("You: Hello"));
  QAccessibleInterface* reply = list()->child(1);
  EXPECT_EQ(reply->role(), QAccessible::ListItem);
  EXPECT_TRUE(name(reply).startsWith(QStringLiteral("Model: # Title")));
  const QList<QAccessible::Role> roles = {QAccessible::Heading, QAccessible::Paragraph, QAccessible::ListItem,
                                          QAccessible::Table, QAccessible::Equation};
  ASSERT_EQ(reply->childCount(), roles.size());
  for (int i = 0; i < roles.size(); ++i) {
    QAccessibleInterface* block = reply->child(i);
    EXPECT_EQ(block->role(), roles[i]) << i;
    EXPECT_EQ(block->parent(), reply);
    EXPECT_EQ(reply->indexOfChild(block), i);
    EXPECT_FALSE(name(block).isEmpty());
    EXPECT_FALSE(block->rect().isEmpty());
  }
  EXPECT_EQ(name(reply->child(4)), QStringLiteral("$$x^2$$"));
}

TEST_F(ViewAccessibility, LinksCanBePressed) {
  source.add(Role::model, QStringLiteral("See [there](https://example.org/)."));
  settle();
  QAccessibleInterface* paragraph = list()->child(0)->child(0);
  ASSERT_EQ(paragraph->childCount(), 1);
  QAccessibleInterface* link = paragraph->child(0);
  EXPECT_EQ(link->role(), QAccessible::Link);
  EXPECT_EQ(name(link), QStringLiteral("there"));
  QSignalSpy activated(view, &TranscriptView::linkActivated);
  ASSERT_NE(link->actionInterface(), nullptr);
  link->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
  EXPECT_EQ(activated.count(), 1);
}

TEST_F(ViewAccessibility, NodesOfWhatIsGoneAreInvalid) {
  add_pairs(3);
  QAccessibleInterface* node = list()->child(0);
  ASSERT_TRUE(node->isValid());
  source.messages.clear();
  emit source.reset();
  settle();
  EXPECT_FALSE(node->isValid());
  EXPECT_EQ(list()->childCount(), 0);
}

TEST_F(ViewAccessibility, AReplyIsToldByItsBeginningAndEnd) {
  QStringList said;
  QObject::connect(view, &TranscriptView::announcementChanged, view, [&] { said << view->announcement(); });
  source.add(Role::model, {}, TranscriptMessage::State::writing);
  for (int i = 0; i < 30; ++i) source.append(QStringLiteral("word "));
  source.append(QStringLiteral("end."));
  source.finish();
  ASSERT_EQ(said.size(), 2) << said.join(u'|').toStdString();
  EXPECT_TRUE(said[1].contains(QStringLiteral("word word")));
  EXPECT_TRUE(said[1].endsWith(QStringLiteral("The reply is complete.")));
}

}  // namespace
}  // namespace etna::gui
