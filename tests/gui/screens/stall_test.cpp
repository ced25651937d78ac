// The thread of the screens with two downloads running and ten thousand models in the library.
#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <utility>

#include "tests/gui/offline/fake_hub.h"
#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

double thread_milliseconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// The longest that one turn of the event loop works. Counted in time of the processor, which other programs on the
/// machine do not lengthen; the clock's is kept for people.
class LoopTurns {
public:
  LoopTurns() {
    QObject::connect(&timer_, &QTimer::timeout, [this] { turn(); });
    timer_.start(0);  // with every turn
  }

  void begin() {
    longest_ = longest_by_clock_ = 0;
    last_ = thread_milliseconds();
    clock_.start();
  }

  void turn() {
    const double now = thread_milliseconds();
    longest_ = std::max(longest_, now - std::exchange(last_, now));
    longest_by_clock_ = std::max(longest_by_clock_, 1e-6 * static_cast<double>(clock_.nsecsElapsed()));
    clock_.start();
  }

  double longest() const { return longest_; }

  double longest_by_clock() const { return longest_by_clock_; }

private:
  QTimer timer_;
  QElapsedTimer clock_;
  double last_ = 0, longest_ = 0, longest_by_clock_ = 0;
};

class StallTest : public testing::Test {
protected:
  void show(int tab) {
    window_.press(Qt::Key_2, Qt::ControlModifier);
    window_.window().setProperty("modelsTab", tab);
    QTest::qWait(100);
  }

  /// What a person does there; each is a turn of the event loop of its own.
  double use(const char* name, const std::function<void()>& deed) {
    turns_.begin();
    deed();
    turns_.turn();
    QTest::qWait(120);
    turns_.turn();
    std::printf("  %-34s %6.1f ms of work, %6.1f ms by the clock\n", name, turns_.longest(), turns_.longest_by_clock());
    return turns_.longest();
  }

  /// The longest turn of all that can be done in the library.
  double use_library() {
    ShelfController& shelf = *window_.app().hub()->shelf();
    ShelfList& models = *shelf.models();
    double longest = use("look again", [&] { shelf.refresh(); });
    for (int column = ShelfList::NameColumn; column <= ShelfList::StateColumn; ++column)
      longest = std::max(longest, use("sort", [&] { models.sortBy(column); }));
    models.sortBy(ShelfList::NameColumn);
    for (const char* text : {"m", "mo", "model-7", "nothing", ""})
      longest = std::max(longest, use("filter", [&] { models.set_filter(QLatin1String(text)); }));
    longest = std::max(longest, use("select all", [&] { models.selectAll(); }));
    longest = std::max(longest, use("select none", [&] { models.selectNone(); }));
    longest = std::max(longest, use("to the end", [&] { window_.press(Qt::Key_End); }));
    longest = std::max(longest, use("leave", [&] { window_.window().setProperty("modelsTab", 2); }));
    longest = std::max(longest, use("come back", [&] { window_.window().setProperty("modelsTab", 1); }));
    return longest;
  }

  TestWindow window_;
  LoopTurns turns_;
};

TEST_F(StallTest, TwoDownloadsAndTenThousandModelsHoldNothingUp) {
  ShelfController& shelf = *window_.app().hub()->shelf();
  show(1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->total() == 6; }));
  QTest::qWait(200);
  std::printf("six models, no downloads\n");
  const double before = use_library();

  FakeHub::last()->set_library(fake_library("10000"));
  shelf.refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->total() == 10'000; }));
  std::printf("ten thousand models, two downloads\n");
  // They go on on their own, tell five to ten times a second, and lead to another look at the disk when they end.
  QTimer downloads;
  int serial = 0;
  QObject::connect(&downloads, &QTimer::timeout, [&] {
    DownloadsController& controller = *window_.app().hub()->downloads();
    const auto& rows = controller.list()->rows();
    const auto running = std::ranges::count(rows, hub::DownloadState::downloading, &hub::DownloadStatus::state);
    for (auto i = running; i < 2; ++i)
      controller.start({.repository = "a/model-" + std::to_string(++serial), .title = "model · 4-bit"});
  });
  downloads.start(50);
  const double after = use_library();
  EXPECT_GT(serial, 2);
  // What is left is what the library's size and the downloads add.
  EXPECT_LT(after - before, 50);
}

}  // namespace
}  // namespace etna::gui
