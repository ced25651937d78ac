#pragma once

#include "gui/prompts/prompts_controller.h"
#include "gui/prompts/snapshots_controller.h"
#include "tests/gui/fixture.h"

namespace etna::gui {

/// Chats, and what is kept of them.
class PromptsTest : public ControllerTest {
protected:
  void ask(const QString& text) {
    send(text);
    wait_for_reply();
  }

  /// What the engine keeps of a conversation; null: nothing.
  std::optional<KeptPrompt> kept_of(const std::string& conversation) const {
    for (const KeptPrompt& kept : engine->kept_prompts()) {
      if (kept.conversation == conversation) return kept;
    }
    return {};
  }

  void TearDown() override {
    prompts.shut_down();
    snapshots.shut_down();
    ControllerTest::TearDown();
  }

  PromptsController prompts{*engine, chats, keeper, store, Engine::usual_prompt_cache()};
  SnapshotsController snapshots{*engine, chats, library};
};

}  // namespace etna::gui
