#include "cli/commands/download_run.h"

#include <fmt/core.h>

#include <chrono>
#include <optional>
#include <thread>

#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"

namespace etna::cli {

namespace {

using hub::DownloadState;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_interval = 100ms;

/// A row that waited for room in an earlier run looks again first.
constexpr auto patience = 3s;

std::string progress_json(const hub::DownloadStatus& status) {
  JsonText line;
  line.add("event", "progress")
      .add("state", hub::name(status.state))
      .add("done_bytes", status.done_bytes)
      .add("total_bytes", status.total_bytes)
      .add("bytes_per_second", status.rate);
  if (status.time_left) line.add("seconds_left", std::int64_t{status.time_left->count()});
  return line.add("text", status.sentence).object() + "\n";
}

/// A bar, or JSON lines.
class Show {
public:
  explicit Show(Output output) : is_json_(output == Output::json) {}

  void operator()(const hub::DownloadStatus& status) {
    if (!is_json_) return bar_.show(hub::name(status.state), status.done_bytes, status.total_bytes, status.sentence);
    const auto now = steady_clock::now();
    if (state_ == status.state && now - told_ < 1s) return;
    state_ = status.state;
    told_ = now;
    print(progress_json(status));
  }

private:
  const bool is_json_;
  ProgressBar bar_;
  std::optional<DownloadState> state_;
  steady_clock::time_point told_ = {};
};

bool needs_a_person(const hub::DownloadStatus& status) {
  return !is_active(status.state) || status.state == DownloadState::out_of_space;
}

}  // namespace

DownloadOutcome run_download(hub::DownloadQueue& queue, hub::DownloadRequest request, Output output) {
  const CatchInterrupt interrupt;
  const auto begin = steady_clock::now();
  const hub::DownloadId id = queue.add(std::move(request));
  if (!queue.is_saved()) note("Another program has the list of downloads open; this one is not in it, and goes on where it stopped all the same.");
  DownloadOutcome outcome;
  Show show(output);
  while (true) {
    const auto status = queue.find(id);
    if (!status) fail(Errc::cancelled, "the download was taken from the list");
    outcome.status = *status;
    const bool waited_before = status->state == DownloadState::out_of_space && steady_clock::now() - begin < patience;
    if (needs_a_person(*status) && !waited_before) break;
    if (interrupt.caught()) {
      outcome.interrupted = true;
      break;
    }
    show(*status);
    std::this_thread::sleep_for(look_interval);
  }
  // Neither the window nor a later command goes on with it unasked.
  if (outcome.interrupted || outcome.status.state == DownloadState::out_of_space) queue.pause(id);
  return outcome;
}

int tell_unfinished(const DownloadOutcome& outcome, const std::string& resume_command, Output output) {
  const hub::DownloadStatus& status = outcome.status;
  if (outcome.interrupted) {
    if (output == Output::json)
      print(JsonText().add("event", "paused").add("done_bytes", status.done_bytes).add("total_bytes", status.total_bytes).add("resume", resume_command).object() + "\n");
    const auto share = status.total_bytes == 0 ? 0 : 100.0 * static_cast<double>(status.done_bytes) / static_cast<double>(status.total_bytes);
    note(fmt::format("Paused at {} %. Go on with: {}", static_cast<int>(share), resume_command));
    return exit_interrupted;
  }
  const hub::DownloadProblem& problem = status.problem;
  if (output == Output::json) print(error_json(problem.code, problem.title, problem.text));
  note(fmt::format("etna-cli: {}: {}", problem.title, problem.text));
  if (status.state == DownloadState::needs_access) note("Sign in with: etna-cli login");
  note("What has arrived is kept. Go on with: " + resume_command);
  return exit_code_of(problem.code);
}

}  // namespace etna::cli
