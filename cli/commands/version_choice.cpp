#include "cli/commands/version_choice.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/commands/estimate_text.h"
#include "cli/commands/json_text.h"
#include "cli/commands/table.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/version_head.h"

namespace etna::cli {

namespace {

constexpr std::uint64_t usual_context = 8192;
constexpr int most_read = 3;  // headers, until the recommended version is one of those that were read

ModelDescription description_of(hub::VersionHead head) {
  ModelDescription description;
  description.name = std::move(head.name);
  description.config_json = std::move(head.config_json);
  for (hub::GgufHead& part : head.gguf_parts) description.gguf_parts.push_back({std::move(part.bytes), part.file_bytes});
  for (hub::TensorEntry& tensor : head.tensors)
    description.tensors.push_back({std::move(tensor.name), std::move(tensor.dtype), std::move(tensor.shape), tensor.bytes});
  return description;
}

LoadEstimate estimate_of(const Engine& engine, const ModelDescription& description) {
  LoadRequest request;
  request.context_length = usual_context;
  LoadEstimate estimate = engine.estimate(description, request);
  if (estimate.trained_context_length == 0 || estimate.trained_context_length >= usual_context) return estimate;
  request.context_length = estimate.trained_context_length;
  return engine.estimate(description, request);
}

/// Before anything is read: the largest that leaves a third of the memory free.
std::size_t likely_version(const hub::Versions& versions, std::uint64_t limit) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < versions.versions.size(); ++i) {
    const hub::ModelVersion& version = versions.versions[i];
    if (version.bits <= 8.6 && version.weight_bytes + (version.weight_bytes >> 2) <= limit / 10 * 7) best = i;
  }
  return best;
}

void read(const HubClient& client, const RemoteModel& model, const Engine& engine, JudgedVersion& judged) {
  if (!judged.version.missing_parts.empty()) {
    judged.why_not = "the repository lacks " + judged.version.missing_parts.front();
    return;
  }
  try {
    judged.estimate =
        estimate_of(engine, description_of(hub::read_version_head(client.api(), model.info, model.tree, judged.version)));
    judged.is_exact = true;
  } catch (const hub::HubError& error) {
    const hub::Trouble trouble = error.problem().trouble;
    if (trouble == hub::Trouble::gated || trouble == hub::Trouble::token_refused) throw;
    judged.why_not = error.what();
  } catch (const Error& error) {
    if (error.code() == Errc::cancelled) throw;
    judged.unsupported = error.code() == Errc::unsupported;
    judged.why_not = error.what();
  }
}

/// Versions whose headers were not read differ in their weights alone.
void estimate_siblings(std::vector<JudgedVersion>& versions, const JudgedVersion& known) {
  for (JudgedVersion& judged : versions) {
    if (judged.is_exact || !judged.why_not.empty()) continue;
    judged.estimate = sibling_estimate(*known.estimate, known.version.weight_bytes, judged.version.weight_bytes);
  }
}

VersionChoice recommend(const std::vector<JudgedVersion>& versions) {
  std::vector<VersionCandidate> candidates;
  for (const JudgedVersion& judged : versions) {
    candidates.push_back({.bits = judged.version.bits,
                          .download_bytes = judged.version.download_bytes,
                          .estimate = judged.estimate,
                          .complete = judged.version.missing_parts.empty()});
  }
  return recommend_version(candidates);
}

bool is_present(const hub::Cache& cache, const RemoteModel& model, const hub::ModelVersion& version) {
  const auto is_here = [&](const std::string& file) {
    return cache.find(model.info.id, model.info.commit, file).has_value();
  };
  return std::ranges::all_of(version.weight_files, is_here) && std::ranges::all_of(version.other_files, is_here);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  return text;
}

std::string context_text(std::uint64_t tokens) {
  return tokens >= 1024 ? fmt::format("{}k", tokens / 1024) : std::to_string(tokens);
}

}  // namespace

RemoteModel look_up(const hub::HubApi& api, const std::string& id, const std::string& revision) {
  RemoteModel model;
  model.info = api.model(id, revision);
  model.tree = api.tree(model.info.id, model.info.commit);
  model.versions = hub::versions_of(model.tree, model.info);
  return model;
}

Judgement judge(const HubClient& client, const RemoteModel& model, const Engine& engine,
                std::optional<std::size_t> wanted) {
  Judgement judgement;
  for (const hub::ModelVersion& version : model.versions.versions)
    judgement.versions.push_back({.version = version, .present = is_present(client.cache(), model, version)});
  if (judgement.versions.empty()) return judgement;
  std::size_t next = wanted.value_or(likely_version(model.versions, engine.memory().limit_bytes));
  for (int i = 0; i < most_read; ++i) {
    JudgedVersion& judged = judgement.versions[next];
    read(client, model, engine, judged);
    if (wanted || !judged.estimate) break;
    estimate_siblings(judgement.versions, judged);
    judgement.choice = recommend(judgement.versions);
    if (judgement.choice.index < 0) break;
    next = static_cast<std::size_t>(judgement.choice.index);
    if (judgement.versions[next].is_exact) break;
  }
  return judgement;
}

std::optional<std::size_t> find_version(const hub::Versions& versions, const std::string& name) {
  for (std::size_t i = 0; i < versions.versions.size(); ++i) {
    const hub::ModelVersion& version = versions.versions[i];
    const bool has_file = std::ranges::find(version.weight_files, name) != version.weight_files.end();
    if (has_file || lower(version.key) == lower(name) || lower(version.label) == lower(name)) return i;
  }
  return std::nullopt;
}

std::string reason_text(const VersionChoice& choice) {
  switch (choice.reason) {
    case VersionReason::none: return {};
    case VersionReason::room_for_context: return fmt::format("leaves room for {} context", context_text(choice.context));
    case VersionReason::room_for_others: return "leaves room for other programs";
    case VersionReason::best_that_fits: return "the best that fits";
  }
  return {};
}

std::string judgement_table(const Judgement& judgement) {
  std::uint64_t context = usual_context;
  for (const JudgedVersion& judged : judgement.versions) {
    if (judged.estimate) context = judged.estimate->context_length;
  }
  Table table({{""}, {"VERSION"}, {"KIND"}, {"DOWNLOAD", Table::Align::right},
               {fmt::format("MEMORY AT {}", context_text(context)), Table::Align::right}, {"ON THIS COMPUTER"}});
  for (std::size_t i = 0; i < judgement.versions.size(); ++i) {
    const JudgedVersion& judged = judgement.versions[i];
    const bool recommended = judgement.choice.index == static_cast<int>(i);
    std::string here = judged.estimate ? fit_sentence(*judged.estimate)
                       : judged.unsupported ? "Not supported: " + judged.why_not
                                            : judged.why_not;
    if (recommended) here += " · recommended: " + reason_text(judgement.choice);
    if (judged.present) here += " · downloaded";
    table.add({recommended ? "*" : "", judged.version.key, judged.version.label, format_bytes(judged.version.download_bytes),
               judged.estimate ? (judged.is_exact ? "" : "~") + format_memory(judged.estimate->total()) : "?", here});
  }
  return table.text();
}

std::string judgement_json(const Judgement& judgement) {
  std::string list;
  for (std::size_t i = 0; i < judgement.versions.size(); ++i) {
    const JudgedVersion& judged = judgement.versions[i];
    const bool recommended = judgement.choice.index == static_cast<int>(i);
    JsonText row;
    row.add("version", judged.version.key)
        .add("label", judged.version.label)
        .add("download_bytes", judged.version.download_bytes)
        .add("downloaded", judged.present)
        .add("recommended", recommended);
    if (recommended) row.add("reason", reason_text(judgement.choice));
    if (judged.estimate) row.add_json("memory", estimate_json(*judged.estimate)).add("memory_is_exact", judged.is_exact);
    if (!judged.why_not.empty()) row.add("problem", judged.why_not).add("unsupported", judged.unsupported);
    list += (list.empty() ? "" : ",") + row.object();
  }
  return "[" + list + "]";
}

}  // namespace etna::cli
