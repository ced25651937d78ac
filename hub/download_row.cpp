#include "hub/download_row.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hub/journal.h"

namespace etna::hub {

namespace {

using std::chrono::seconds;

constexpr std::array state_names = {"queued",    "preparing",    "downloading",  "reconnecting",
                                    "paused",    "out_of_space", "needs_access", "verifying",
                                    "repairing", "finishing",    "done",         "failed"};

std::string ordinal(int number) {
  const int tens = number % 100;
  const char* ending = "th";
  if (tens < 11 || tens > 13) {
    if (number % 10 == 1) ending = "st";
    if (number % 10 == 2) ending = "nd";
    if (number % 10 == 3) ending = "rd";
  }
  return fmt::format("{}{}", number, ending);
}

int percent(const DownloadStatus& status) {
  if (status.total_bytes == 0) return 0;
  return static_cast<int>(static_cast<double>(status.done_bytes) * 100.0 / static_cast<double>(status.total_bytes));
}

/// "2.1 of 4.9 GB": one unit where both have the same.
std::string progress_text(const DownloadStatus& status) {
  const std::string done = size_text(status.done_bytes), total = size_text(status.total_bytes);
  const auto unit = [](const std::string& text) { return text.substr(text.find(' ')); };
  return fmt::format("{} of {}", unit(done) == unit(total) ? done.substr(0, done.find(' ')) : done, total);
}

std::string time_text(seconds time) {
  const auto count = time.count();
  if (count < 60) return fmt::format("{} s", count);
  if (count < 7200) return fmt::format("{} min", count / 60);
  return fmt::format("{:g} hours", static_cast<double>(count) / 3600.0);
}

std::string downloading_text(const DownloadStatus& status) {
  if (status.waits_for_other_program) return "Another program is downloading this file. Waiting for it";
  std::string text = progress_text(status);
  if (status.rate >= 1) text += fmt::format(" · {}/s", size_text(static_cast<std::uint64_t>(status.rate)));
  if (status.time_left) text += fmt::format(" · about {} left", time_text(*status.time_left));
  return text;
}

std::string reconnecting_text(const DownloadStatus& status) {
  const std::string why = status.problem.title.empty() ? "Connection lost" : status.problem.title;
  const std::string times = status.attempt > 1 ? fmt::format(" ({} time)", ordinal(status.attempt)) : "";
  if (status.retry_in.count() <= 0) return fmt::format("{}. Trying again now{}", why, times);
  return fmt::format("{}. Trying again in {} s{}", why, status.retry_in.count(), times);
}

/// What phases of several running files are as one state: the one that most needs to be seen.
DownloadState joint_state(DownloadState before, const std::vector<FilePhase>& phases) {
  const auto any = [&](FilePhase phase) { return std::ranges::find(phases, phase) != phases.end(); };
  if (phases.empty()) return before;
  if (any(FilePhase::downloading)) return DownloadState::downloading;
  if (any(FilePhase::reconnecting)) return DownloadState::reconnecting;
  if (any(FilePhase::repairing)) return DownloadState::repairing;
  if (any(FilePhase::verifying)) return DownloadState::verifying;
  if (any(FilePhase::waiting_for_lock)) return DownloadState::downloading;
  return DownloadState::finishing;
}

}  // namespace

std::string_view name(DownloadState state) {
  return state_names[static_cast<std::size_t>(state)];
}

bool is_active(DownloadState state) {
  switch (state) {
    case DownloadState::paused:
    case DownloadState::needs_access:
    case DownloadState::done:
    case DownloadState::failed: return false;
    default: return true;
  }
}

std::string download_sentence(const DownloadStatus& status) {
  switch (status.state) {
    case DownloadState::queued: return fmt::format("Waiting · {}", ordinal(std::max(status.position, 1)));
    case DownloadState::preparing:
      return status.moved_percent ? fmt::format("Moving what has arrived… {} %", *status.moved_percent)
                                  : "Checking size and space";
    case DownloadState::downloading: return downloading_text(status);
    case DownloadState::reconnecting: return reconnecting_text(status);
    case DownloadState::paused:
      if (!status.problem.code.empty()) return fmt::format("{}: {}", status.problem.title, status.problem.text);
      return status.total_bytes > 0 ? fmt::format("Paused at {} %", percent(status)) : "Paused";
    case DownloadState::out_of_space:
      return fmt::format("Paused: the disk is full. {} more are needed.", size_text(status.missing_space));
    case DownloadState::needs_access: return fmt::format("{}. {}", status.problem.title, status.problem.text);
    case DownloadState::verifying: return fmt::format("Checking the file… {} %", percent(status));
    case DownloadState::repairing:
      return fmt::format("{} of {} pieces were damaged. Loading them again.",
                         std::max<std::size_t>(status.damaged_pieces, 1), status.pieces);
    case DownloadState::finishing: return "Almost done";
    case DownloadState::done: return "Ready";
    case DownloadState::failed: return fmt::format("{}: {}", status.problem.title, status.problem.text);
  }
  return {};
}

bool DownloadRow::is_complete() const {
  return std::ranges::all_of(files, &DownloadRowFile::done);
}

std::uint64_t DownloadRow::total_bytes() const {
  std::uint64_t total = 0;
  for (const DownloadRowFile& entry : files) total += entry.file.size;
  return total;
}

DownloadStatus DownloadRow::status(Clock::Time now, int position) {
  DownloadStatus result{.id = id, .request = request, .commit = commit, .position = position};
  result.total_bytes = total_bytes();
  result.files = files.size();
  result.damaged_pieces = damaged;
  std::uint64_t present = 0, checked = 0, received = arrived;
  std::vector<FilePhase> phases;
  bool all_wait_for_others = true;
  for (const DownloadRowFile& entry : files) {
    result.pieces += chunk_count(entry.file.size);
    if (entry.done) {
      ++result.files_done;
      present += entry.file.size;
      checked += entry.file.size;
    }
    if (!entry.running) continue;
    const FileProgress progress = entry.running->progress();
    phases.push_back(progress.phase);
    all_wait_for_others = all_wait_for_others && progress.phase == FilePhase::waiting_for_lock;
    present += progress.present;
    checked += progress.checked;
    received += progress.arrived;
    result.damaged_pieces += progress.damaged;
    if (progress.phase == FilePhase::reconnecting) {
      result.attempt = std::max(result.attempt, progress.attempt);
      result.retry_in = std::max(result.retry_in, progress.retry_in);
      problem = progress.problem;
    }
  }
  if (is_active(state) && state != DownloadState::out_of_space && !stop.stop_requested()) {
    state = joint_state(state, phases);
  }
  waits_for_other_program = !phases.empty() && all_wait_for_others;
  result.waits_for_other_program = waits_for_other_program;
  result.state = state;
  const bool checks = state == DownloadState::verifying || state == DownloadState::repairing;
  result.done_bytes = std::min(checks ? checked : present, result.total_bytes);
  if (state == DownloadState::reconnecting && phases.empty()) {
    result.attempt = retries;
    if (next_try > now) result.retry_in = std::chrono::ceil<seconds>(next_try - now);
  }
  if (state == DownloadState::downloading) {
    meter.update(now, received);
    result.rate = meter.rate();
    result.time_left = meter.time_left(now, result.total_bytes - result.done_bytes);
  } else {
    meter.reset();
  }
  result.missing_space = missing_space;
  if (state == DownloadState::preparing && !moving_to.empty()) {
    result.moved_percent = to_move == 0 ? 0 : static_cast<int>(100 * std::min(moved, to_move) / to_move);
  }
  if (!is_active(state) || state == DownloadState::out_of_space || state == DownloadState::reconnecting) {
    result.problem = state == DownloadState::done ? DownloadProblem() : problem;
  }
  result.sentence = download_sentence(result);
  return result;
}

}  // namespace etna::hub
