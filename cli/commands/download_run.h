#pragma once

#include <string>

#include "cli/commands/commands.h"
#include "hub/downloads.h"

namespace etna::cli {

struct DownloadOutcome {
  hub::DownloadStatus status;
  bool interrupted = false;  ///< by Ctrl+C: paused

  bool is_done() const { return status.state == hub::DownloadState::done; }
};

/// Downloads with a bar (JSON: a line {"event": "progress", …} a second) until it is done, needs a person, the disk is
/// full, or Ctrl+C pauses it. The queue must be started.
DownloadOutcome run_download(hub::DownloadQueue& queue, hub::DownloadRequest request, Output output);

/// Of a download that is not done: says why and how to go on ("etna-cli get …"), and gives the exit code.
int tell_unfinished(const DownloadOutcome& outcome, const std::string& resume_command, Output output);

}  // namespace etna::cli
