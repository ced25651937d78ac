#pragma once

#include <QString>

#include "engine/session/training_messages.h"
#include "gui/training/run_records.h"

/// What screens say of training runs.
namespace etna::gui {

QString state_text(const runs::Run& run);  ///< "Running · step 412 of 1,602", "Finished", "Interrupted at step 412"
QString phase_text(TrainingPhase phase);   ///< "Preparing", "Loading", …
QString step_text(const runs::Run& run, double tokens_per_second, double seconds_left);

/// What ended it, for a person: title and body by the error catalogue; empty: nothing went wrong.
struct RunNotice {
  QString code, title, body;
};

RunNotice notice_of(const runs::Run& run);

bool can_resume(const runs::Run& run);

/// "Check loss has risen 3 times in a row while training loss falls: …"; empty: nothing to say.
QString memorising_hint(const std::vector<runs::Step>& steps, const std::vector<runs::Check>& checks);

QString loss_text(double loss);  ///< "1.19"

}  // namespace etna::gui
