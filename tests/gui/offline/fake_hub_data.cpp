#include <algorithm>

#include "hub/download_row.h"
#include "tests/gui/offline/fake_hub.h"

namespace etna::gui {
namespace {

constexpr const char* commit = "1cfa9a7208912126459214e8b04321603b3df60c";

hub::ModelSummary model(const std::string& id, std::vector<std::string> tags, std::uint64_t parameters,
                        const std::string& dtype, std::uint64_t downloads, const std::string& changed) {
  hub::ModelSummary summary;
  summary.id = id;
  summary.author = id.substr(0, id.find('/'));
  summary.tags = std::move(tags);
  summary.task = "text-generation";
  summary.license = "apache-2.0";
  summary.parameters = parameters;
  if (!dtype.empty()) {
    // Eight 4-bit weights are one word.
    const bool packed = dtype == "U32";
    summary.elements = {{dtype, packed ? parameters / 8 : parameters}};
    if (packed) summary.elements.push_back({"BF16", parameters / 32});
  }
  summary.downloads = downloads;
  summary.likes = downloads / 400;
  summary.last_modified = changed;
  summary.model_type = id.find("Llama") != std::string::npos   ? "llama"
                       : id.find("gemma") != std::string::npos ? "gemma3"
                                                               : "qwen3";
  if (id.find("gated") != std::string::npos) summary.access = hub::Access::manual;
  return summary;
}

hub::ModelVersion version(const std::string& repository, const std::string& quantization, double bits,
                          std::uint64_t parameters) {
  hub::ModelVersion version;
  version.format = hub::WeightFormat::gguf;
  version.key = quantization;
  version.label =
      (bits >= 16 ? std::string("full") : std::to_string(static_cast<int>(bits)) + "-bit") + " (" + quantization + ")";
  version.bits = bits;
  version.weight_files = {repository + "-" + quantization + ".gguf"};
  version.weight_bytes = static_cast<std::uint64_t>(static_cast<double>(parameters) * bits / 8);
  version.download_bytes = version.weight_bytes;
  return version;
}

LibraryModel shelf_model(const std::string& name, const std::string& publisher, const std::string& version,
                         std::uint64_t parameters, std::uint64_t bytes, const std::string& folder, FolderOwner owner) {
  LibraryModel model;
  model.path = folder + "/" + publisher + "/" + name;
  model.name = name;
  model.publisher = publisher;
  model.version = version;
  model.parameters = parameters;
  model.bytes = bytes;
  model.folder = folder;
  model.owner = owner;
  model.files = {{"model.safetensors", bytes - 16'000'000}, {"tokenizer.json", 11'400'000}, {"config.json", 912}};
  if (owner == FolderOwner::hugging_face) {
    model.repository = publisher + "/" + name;
    model.commit = commit;
    model.verified = 1'778'600'000;
  }
  return model;
}

hub::DownloadStatus status(hub::DownloadId id, const std::string& name, const std::string& version,
                           hub::DownloadState state) {
  hub::DownloadStatus status;
  status.id = id;
  status.request.repository = "mlx-community/" + name;
  status.request.title = name + " · " + version;
  status.state = state;
  status.total_bytes = 4'900'000'000;
  status.done_bytes = 2'100'000'000;
  return status;
}

}  // namespace

std::vector<hub::ModelSummary> fake_models() {
  return {
      model("mlx-community/Qwen3-8B-4bit",
            {"mlx", "safetensors", "conversational", "text-generation", "license:apache-2.0"}, 8'190'000'000, "U32",
            412'000, "2026-05-12T09:00:00.000Z"),
      model("Qwen/Qwen3-8B-GGUF", {"gguf", "conversational", "reasoning", "license:apache-2.0"}, 0, "", 1'240'000,
            "2026-04-30T09:00:00.000Z"),
      model("meta-llama/Llama-3.3-70B-Instruct", {"safetensors", "conversational", "tool-use"}, 70'600'000'000, "BF16",
            2'310'000, "2026-01-12T09:00:00.000Z"),
      model("bartowski/Llama-3.2-3B-Instruct-GGUF", {"gguf", "conversational", "tool-use"}, 0, "", 688'000,
            "2025-11-02T09:00:00.000Z"),
      model("google/gemma-3-4b-it-gated", {"safetensors", "conversational", "image-text-to-text"}, 4'300'000'000,
            "BF16", 904'000, "2026-03-21T09:00:00.000Z"),
      model("state-spaces/Mamba-Codestral-7B", {"safetensors", "code"}, 7'280'000'000, "BF16", 12'300,
            "2026-02-02T09:00:00.000Z"),
      model("someone/a-very-long-name-that-goes-on-and-on-Instruct-Distilled-Merged-v2.1-experimental-8B-GGUF",
            {"gguf", "conversational"}, 0, "", 310, "2026-06-01T09:00:00.000Z"),
      model("mlx-community/Qwen3-0.6B-4bit", {"mlx", "safetensors", "conversational"}, 596'000'000, "U32", 98'000,
            "2026-05-01T09:00:00.000Z"),
      model("someone/pickle-only", {"pytorch"}, 0, "", 17, "2024-06-01T09:00:00.000Z"),
  };
}

HubCard fake_card(const std::string& id) {
  HubCard card;
  const auto known = fake_models();
  const auto found = std::ranges::find(known, id, &hub::ModelSummary::id);
  if (found != known.end()) static_cast<hub::ModelSummary&>(card.info) = *found;
  card.info.id = id;
  card.info.commit = commit;
  card.info.has_chat_template = true;
  if (id.find("gated") != std::string::npos) {
    card.info.access = hub::Access::manual;
    card.info.license = "gemma";
  }
  card.tree.commit = commit;
  if (id.find("pickle") != std::string::npos) {
    card.versions.why_none = hub::NoVersion::unsafe_only;
    card.versions.sentence = "Its weights are pickle files, which can run programs. Etna does not open them.";
    return card;
  }
  const std::string name = id.substr(id.find('/') + 1);
  const std::uint64_t weights = id.find("70B") != std::string::npos ? 70'600'000'000 : 8'030'000'000;
  if (card.info.is_mlx()) {
    hub::ModelVersion only = version(name, "MLX", 4.5, weights);
    only.format = hub::WeightFormat::mlx;
    only.label = "4-bit (MLX)";
    only.weight_files = {"model.safetensors"};
    only.other_files = {"config.json", "tokenizer.json"};
    card.versions.versions = {only};
  } else {
    card.versions.versions = {version(name, "Q3_K_M", 3.9, weights), version(name, "Q4_K_M", 4.85, weights),
                              version(name, "Q8_0", 8.5, weights), version(name, "BF16", 16, weights)};
  }
  card.present.resize(card.versions.versions.size());
  for (const hub::ModelVersion& each : card.versions.versions)
    for (const std::string& file : each.weight_files)
      card.tree.files.push_back({.path = file, .size = each.weight_bytes, .oid = std::string(40, 'a')});
  card.tree.files.push_back({.path = "README.md", .size = 8'123, .oid = std::string(40, 'b')});
  card.tree.files.push_back({.path = "config.json", .size = 728, .oid = std::string(40, 'c')});
  return card;
}

std::string fake_readme() {
  return R"(---
license: apache-2.0
tags: [mlx]
---
<div align="center"><img src="https://example.org/logo.png" width="400"/></div>

# Qwen3 8B

Qwen3 is the latest generation of large language models in the Qwen series. It answers in **more than 100 languages**, thinks before it answers when asked to, and calls tools.

## Highlights

- Switches between *thinking* and *not thinking* in one model
- Follows instructions of agents; uses tools
- [Report](https://arxiv.org/abs/2505.09388) and <a href="https://example.org">blog</a>

| Size | Layers | Context |
|---|---|---|
| 8.2B | 36 | 40,960 |

```python
messages = [{"role": "user", "content": "Hello"}]
```

<script>alert("no")</script>
)";
}

LibraryScan fake_library(const std::string& kind) {
  const std::string cache = "/home/ada/.cache/huggingface/hub", own = "/home/ada/Models",
                    away = "/media/ada/disk/models";
  const std::string studio = "/home/ada/.lmstudio/models";
  LibraryScan scan;
  if (kind == "empty") {
    scan.folders = {{.path = cache, .owner = FolderOwner::hugging_face}};
    return scan;
  }
  if (const int count = std::atoi(kind.c_str()); count > 0) {
    for (int i = 0; i < count; ++i)
      scan.models.push_back(shelf_model("model-" + std::to_string(i), "publisher", "4-bit (Q4_K_M)", 8'000'000'000,
                                        4'900'000'000 + static_cast<std::uint64_t>(i), own, FolderOwner::user));
    scan.folders = {{.path = own, .models = scan.models.size(), .bytes = 49'000'000'000}};
    return scan;
  }
  scan.models = {
      shelf_model("Qwen3-8B-4bit", "mlx-community", "4-bit (MLX)", 8'190'000'000, 4'620'000'000, cache,
                  FolderOwner::hugging_face),
      shelf_model("Llama-3.2-3B-Instruct", "meta-llama", "full (BF16)", 3'210'000'000, 6'430'000'000, cache,
                  FolderOwner::hugging_face),
      shelf_model("gemma-3-1b-it", "google", "8-bit (Q8_0)", 1'000'000'000, 1'070'000'000, own, FolderOwner::user),
      shelf_model("Mistral-Small-24B", "mistralai", "4-bit (Q4_K_M)", 23'600'000'000, 14'300'000'000, away,
                  FolderOwner::user),
      shelf_model("Phi-4-mini", "microsoft", "4-bit (Q4_K_M)", 3'840'000'000, 2'490'000'000, studio,
                  FolderOwner::lm_studio),
      shelf_model("my-experiment", "", "6-bit, groups of 64", 0, 812'000'000, own, FolderOwner::user),
  };
  scan.models[0].adapters = {"support-tickets (rank 16)"};
  scan.models[3].online = false;
  scan.folders = {{.path = cache, .owner = FolderOwner::hugging_face, .models = 2, .bytes = 11'050'000'000},
                  {.path = own, .models = 2, .bytes = 1'882'000'000},
                  {.path = away, .online = false, .models = 1, .bytes = 14'300'000'000},
                  {.path = studio, .owner = FolderOwner::lm_studio, .models = 1, .bytes = 2'490'000'000}};
  scan.unusable = {{.path = cache + "/models--Qwen--Qwen3-14B",
                    .name = "Qwen3-14B",
                    .reason = "Part 3 of 4 is missing",
                    .repository = "Qwen/Qwen3-14B"},
                   {.path = own + "/mamba-codestral",
                    .name = "mamba-codestral",
                    .reason = "The architecture ‘mamba2’ isn't supported yet"}};
  if (kind == "states") {
    // Beside what is in memory and what is away: one of each that a check leads to.
    scan.models[1].verified = 0;
    scan.models[1].check_waits = true;
    LibraryModel damaged = shelf_model("SmolLM3-3B", "HuggingFaceTB", "4-bit (MLX)", 3'080'000'000, 1'730'000'000,
                                       cache, FolderOwner::hugging_face);
    damaged.verified = 0;
    damaged.damaged = true;
    scan.models.push_back(damaged);
    LibraryModel waiting = shelf_model("OLMo-2-7B", "allenai", "4-bit (Q4_K_M)", 7'300'000'000, 4'470'000'000, cache,
                                       FolderOwner::hugging_face);
    waiting.verified = 0;
    waiting.check_waits = true;
    scan.models.push_back(waiting);
    scan.folders[0].models = 4;
    scan.folders[0].bytes += 6'200'000'000;
  }
  return scan;
}

std::vector<hub::DownloadStatus> fake_download_states() {
  using enum hub::DownloadState;
  std::vector<hub::DownloadStatus> rows;
  const auto add = [&](const char* name, const char* version, hub::DownloadState state) -> hub::DownloadStatus& {
    rows.push_back(status(rows.size() + 1, name, version, state));
    return rows.back();
  };
  hub::DownloadStatus& running = add("Qwen3-8B", "4-bit (Q4_K_M)", downloading);
  running.rate = 48.3e6;
  running.time_left = std::chrono::seconds(60);
  hub::DownloadStatus& lost = add("Llama-3.2-3B", "8-bit (Q8_0)", reconnecting);
  lost.attempt = 3;
  lost.retry_in = std::chrono::seconds(8);
  lost.problem = {
      .code = "E-NET-01", .title = "No network connection", .text = "Etna will go on when the network is back."};
  add("gemma-3-4b", "4-bit (MLX)", queued).position = 2;
  add("Phi-4-mini", "4-bit (Q4_K_M)", preparing).total_bytes = 0;
  add("Mistral-Small-24B", "4-bit (Q4_K_M)", paused);
  add("Qwen3-32B", "4-bit (MLX)", out_of_space).missing_space = 3'100'000'000;
  add("gemma-3-27b-gated", "4-bit (MLX)", needs_access).problem = {
      .code = "E-HUB-01",
      .title = "This model needs your consent",
      .text = "Its authors ask you to accept a licence on Hugging Face first."};
  add("Qwen3-4B", "8-bit (MLX)", verifying).done_bytes = 2'990'000'000;
  hub::DownloadStatus& damaged = add("Qwen3-14B", "4-bit (MLX)", repairing);
  damaged.damaged_pieces = 2;
  damaged.pieces = 614;
  add("SmolLM3-3B", "4-bit (MLX)", finishing).done_bytes = 4'900'000'000;
  hub::DownloadStatus& ready = add("Qwen3-0.6B", "4-bit (MLX)", done);
  ready.folder = "/home/ada/.cache/huggingface/hub/models--mlx-community--Qwen3-0.6B-4bit/snapshots/1cfa9a72";
  add("OLMo-2-7B", "4-bit (Q4_K_M)", failed).problem = {
      .code = "E-DL-01",
      .title = "The file arrived damaged",
      .text = "2 pieces didn't match and were loaded again 3 times without success."};
  for (hub::DownloadStatus& each : rows) each.sentence = hub::download_sentence(each);
  return rows;
}

}  // namespace etna::gui
