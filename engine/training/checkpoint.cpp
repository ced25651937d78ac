#include "engine/training/checkpoint.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/hash.h"
#include "engine/base/json.h"
#include "engine/io/quote.h"
#include "engine/io/safetensors.h"
#include "engine/training/adapter_files.h"

namespace etna::training {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* folder_name = "checkpoints";
constexpr const char* state_file = "training_state.safetensors";
constexpr const char* manifest_file = "manifest.json";
constexpr const char* state_key = "run";
constexpr const char* files[] = {adapter_file, adapter_config_file, state_file};
constexpr int version = 1;

std::string number_of(std::int64_t iteration) {
  return fmt::format("{:07}", iteration);
}

void check(const std::error_code& error, const fs::path& path, const char* what) {
  if (error) fail(Errc::io, "{}: {}: {}", path.string(), what, error.message());
}

void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);  // a file system that cannot flush folders has renamed in order anyway
  ::close(descriptor);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check(error, folder, "cannot be made");
}

void put_in_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  check(error, to, "cannot be put in place");
}

json size_and_hash(const fs::path& file) {
  const auto mapped = MappedFile::open(file);
  json entry{{"bytes", mapped->bytes().size()}, {"hash", hash_digits(hash_bytes(mapped->bytes()))}};
  mapped->check();
  return entry;
}

json to_json(const RunState& state) {
  return {{"iteration", state.iteration},
          {"updates", state.counters.updates},
          {"accumulated", state.counters.accumulated},
          {"batches", state.counters.batches},
          {"trained_tokens", state.trained_tokens},
          {"data_position", state.data_position},
          {"data_fingerprint", state.data_fingerprint},
          {"best_check_loss", state.best_check_loss},
          {"best_iteration", state.best_iteration},
          {"recent_losses", state.recent_losses},
          {"seconds", state.seconds}};
}

RunState from_json(const json& value) {
  RunState state;
  value.at("iteration").get_to(state.iteration);
  value.at("updates").get_to(state.counters.updates);
  value.at("accumulated").get_to(state.counters.accumulated);
  value.at("batches").get_to(state.counters.batches);
  value.at("trained_tokens").get_to(state.trained_tokens);
  value.at("data_position").get_to(state.data_position);
  value.at("data_fingerprint").get_to(state.data_fingerprint);
  value.at("best_check_loss").get_to(state.best_check_loss);
  value.at("best_iteration").get_to(state.best_iteration);
  value.at("recent_losses").get_to(state.recent_losses);
  value.at("seconds").get_to(state.seconds);
  const auto& counters = state.counters;
  if (state.iteration < 0 || counters.updates < 0 || counters.accumulated < 0 || counters.batches < 0 ||
      state.trained_tokens < 0) {
    fail(Errc::corrupt, "a count below 0");
  }
  return state;
}

RunState state_of(const SafetensorsFile& file) {
  const auto found = file.metadata().find(state_key);
  if (found == file.metadata().end()) fail(Errc::corrupt, "{}: it says nothing of its run", file.path().string());
  const json value = parse_json(found->second, file.path().string());
  try {
    return from_json(value);
  } catch (const json::exception& error) {
    fail(Errc::corrupt, "{}: {}", file.path().string(), error.what());
  } catch (const Error& error) {
    fail(Errc::corrupt, "{}: {}", file.path().string(), error.what());
  }
}

/// Throws what is wrong with a checkpoint.
void verify(const fs::path& folder) {
  const json manifest = read_json_file(folder / manifest_file);
  if (!manifest.is_object() || !manifest.contains("files") || manifest.value("version", json()) != version) {
    fail(Errc::corrupt, "{}: no manifest of this version", (folder / manifest_file).string());
  }
  for (const char* name : files) {
    const json& entries = manifest["files"];
    if (!entries.is_object() || !entries.contains(name))
      fail(Errc::corrupt, "{}: {} is not listed", (folder / manifest_file).string(), name);
    if (entries[name] != size_and_hash(folder / name))
      fail(Errc::corrupt, "{}: its contents are not what was saved", (folder / name).string());
  }
}

/// A second name for a file, which takes the place of what had it; a copy where the file system has no second names.
void link(const fs::path& file, const fs::path& name) {
  const fs::path temporary = name.string() + ".new";
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_hard_link(file, temporary, error);
  if (error) {
    fs::copy_file(file, temporary, error);
    check(error, temporary, "cannot be written");
  }
  put_in_place(temporary, name);
}

/// What was interrupted while it was written or removed.
void remove_leftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(".")) fs::remove_all(entry.path(), ignored);
  }
}

void write_state(const fs::path& file, const Learner& learner, const RunState& state) {
  std::vector<NamedArray> arrays;
  for (const OptimizerState& entry : learner.state()) arrays.push_back({entry.name, entry.value});
  write_arrays(file, std::move(arrays), {{state_key, to_json(state).dump()}});
}

std::optional<std::int64_t> iteration_of(const std::string& name) {
  if (name.size() < 7 || name.size() > 18 || !std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return std::stoll(name);
}

}  // namespace

std::vector<CheckpointInfo> find_checkpoints(const fs::path& output) {
  std::vector<CheckpointInfo> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(output / folder_name, ignored)) {
    const auto iteration = iteration_of(entry.path().filename().string());
    if (!iteration || !entry.is_directory(ignored)) continue;
    CheckpointInfo info{.iteration = *iteration, .folder = entry.path(), .problem = {}};
    try {
      verify(info.folder);
    } catch (const Error& error) {
      info.problem = error.what();
    }
    found.push_back(std::move(info));
  }
  std::ranges::sort(found, {}, &CheckpointInfo::iteration);
  return found;
}

CheckpointInfo save_checkpoint(const fs::path& output, const Learner& learner, const RunState& state,
                               const std::string& config) {
  const fs::path all = output / folder_name;
  CheckpointInfo info{.iteration = state.iteration, .folder = all / number_of(state.iteration), .problem = {}};
  make_folder(all);
  remove_leftovers(all);
  std::error_code ignored;
  if (fs::exists(info.folder, ignored)) {
    try {
      verify(info.folder);
      publish_checkpoint(output, info);
      return info;
    } catch (const Error&) {
      put_in_place(info.folder, all / ("." + number_of(state.iteration) + ".damaged"));
    }
  }
  const fs::path temporary = all / ("." + number_of(state.iteration) + ".new");
  make_folder(temporary);
  write_text(temporary / adapter_config_file, config);
  write_adapter_tensors(temporary / adapter_file, learner.trained());
  write_state(temporary / state_file, learner, state);
  json manifest{{"version", version}, {"iteration", state.iteration}, {"files", json::object()}};
  for (const char* name : files) manifest["files"][name] = size_and_hash(temporary / name);
  write_text(temporary / manifest_file, manifest.dump(2) + "\n");
  flush_folder(temporary);
  put_in_place(temporary, info.folder);
  flush_folder(all);
  publish_checkpoint(output, info);
  return info;
}

void publish_checkpoint(const fs::path& output, const CheckpointInfo& checkpoint) {
  link(checkpoint.folder / adapter_file, output / (number_of(checkpoint.iteration) + "_" + adapter_file));
  link(checkpoint.folder / adapter_config_file, output / adapter_config_file);
  link(checkpoint.folder / adapter_file, output / adapter_file);
  flush_folder(output);
}

RunState read_run_state(const fs::path& folder) {
  return state_of(*SafetensorsFile::open(folder / state_file));
}

RunState restore_checkpoint(const fs::path& folder, Learner& learner) {
  verify(folder);
  const auto file = SafetensorsFile::open(folder / state_file);
  RunState state = state_of(*file);
  const Learner::Counters before = learner.counters();
  learner.set_counters(state.counters);
  const std::vector<OptimizerState> wanted = learner.state();
  try {
    if (file->tensors().size() != wanted.size()) {
      fail(Errc::corrupt, "{}: it has {} arrays, a run with these settings has {}", file->path().string(),
           file->tensors().size(), wanted.size());
    }
    for (const OptimizerState& entry : wanted) {
      const StoredTensor& stored = file->at(entry.name);
      if (stored.shape != entry.value.shape() || stored.dtype != DType::float32) {
        fail(Errc::corrupt, "{}: {} is {} {}, a run with these settings has float32 {}", file->path().string(),
             quote(entry.name), stored.stored_dtype, to_string(stored.shape), to_string(entry.value.shape()));
      }
    }
  } catch (...) {
    learner.set_counters(before);
    throw;
  }
  for (const OptimizerState& entry : wanted)
    entry.value.view().buffer->write(entry.value.view().offset, file->at(entry.name).bytes);
  file->check();
  return state;
}

void remove_checkpoint(const fs::path& output, const CheckpointInfo& checkpoint) {
  const fs::path gone = output / folder_name / ("." + number_of(checkpoint.iteration) + ".removed");
  std::error_code ignored;
  fs::remove_all(gone, ignored);
  put_in_place(checkpoint.folder, gone);
  fs::remove_all(gone, ignored);
  fs::remove(output / (number_of(checkpoint.iteration) + "_" + adapter_file), ignored);
}

void remove_old_checkpoints(const fs::path& output, std::int64_t keep, std::int64_t best) {
  if (keep <= 0) return;
  std::vector<CheckpointInfo> all;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(output / folder_name, ignored)) {
    if (const auto iteration = iteration_of(entry.path().filename().string()))
      all.push_back({*iteration, entry.path(), {}});
  }
  std::ranges::sort(all, std::greater<>(), &CheckpointInfo::iteration);
  for (std::size_t i = static_cast<std::size_t>(keep); i < all.size(); ++i) {
    if (all[i].iteration != best) remove_checkpoint(output, all[i]);
  }
}

}  // namespace etna::training
