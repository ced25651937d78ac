#pragma once

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QStandardPaths>

#include "gui/hub/hub_controller.h"
#include "tests/gui/fixture.h"
#include "tests/gui/offline/fake_hub.h"

namespace etna::gui {

/// Everything behind the Models page on a made-up hub.
class HubTest : public ControllerTest {
protected:
  void SetUp() override { discover.set_store(folder.filePath(QStringLiteral("results.json"))); }

  void TearDown() override {
    hub_controller.shut_down();
    ControllerTest::TearDown();
  }

  FakeHub& fake() { return *FakeHub::last(); }

  void search(const QString& text) {
    discover.set_text(text);
    discover.search();
    ASSERT_TRUE(becomes([this] { return discover.state() != DiscoverController::Loading; }));
  }

  void open_card(const QString& id) {
    card.open(id);
    ASSERT_TRUE(becomes([this] {
      return card.state() == CardController::Failed ||
             (card.state() == CardController::Filled && card.action() != CardController::Reading);
    }));
  }

  HubController hub_controller{*engine, library, store};
  DiscoverController& discover = *hub_controller.discover();
  CardController& card = *hub_controller.card();
  DownloadsController& downloads = *hub_controller.downloads();
  ShelfController& shelf = *hub_controller.shelf();
};

}  // namespace etna::gui
