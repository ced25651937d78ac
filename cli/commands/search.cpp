#include <fmt/core.h>

#include <charconv>
#include <map>
#include <optional>

#include "cli/commands/estimate_text.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/table.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "engine/session/version_choice.h"
#include "hub/listing_size.h"
#include "hub/names.h"

namespace etna::cli {

namespace {

struct Ability {
  std::string task, tag;
};

Ability ability_of(const std::string& capability) {
  static const std::map<std::string, Ability> abilities = {{"", {"text-generation", ""}},
                                                           {"chat", {"text-generation", "conversational"}},
                                                           {"vision", {"image-text-to-text", ""}},
                                                           {"tools", {"text-generation", "tool-use"}},
                                                           {"reasoning", {"text-generation", "reasoning"}},
                                                           {"code", {"text-generation", "code"}},
                                                           {"embeddings", {"feature-extraction", ""}}};
  return abilities.at(capability);
}

hub::Sort sort_of(const std::string& name) {
  static const std::map<std::string, hub::Sort> sorts = {{"trending", hub::Sort::trending},
                                                         {"downloads", hub::Sort::downloads},
                                                         {"newest", hub::Sort::newest},
                                                         {"updated", hub::Sort::updated},
                                                         {"likes", hub::Sort::likes}};
  return sorts.at(name);
}

/// One of the two; 0: no bound.
struct SizeLimit {
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
};

SizeLimit size_limit(const std::string& text) {
  SizeLimit limit;
  if (text.empty()) return limit;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  static const std::map<std::string, double> counts = {{"M", 1e6}, {"B", 1e9}}, bytes = {{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
  const bool sound = error == std::errc() && value > 0 && value < 1e6;
  if (sound && counts.contains(unit)) {
    limit.parameters = static_cast<std::uint64_t>(value * counts.at(unit));
  } else if (sound && bytes.contains(unit)) {
    limit.bytes = static_cast<std::uint64_t>(value * bytes.at(unit));
  } else {
    fail(Errc::invalid_argument, "--max-size: \"{}\" is neither a count of parameters (8B, 500M) nor of bytes (5GB)", text);
  }
  return limit;
}

hub::SearchQuery query_of(const SearchOptions& options) {
  hub::SearchQuery query;
  for (const std::string& word : options.words) query.text += (query.text.empty() ? "" : " ") + word;
  query.author = options.author;
  const Ability ability = ability_of(options.capability);
  query.task = ability.task;
  if (!ability.tag.empty()) query.filters.push_back(ability.tag);
  if (!options.format.empty()) query.filters.push_back(options.format);
  query.license = options.license;
  query.max_parameters = size_limit(options.max_size).parameters;
  query.sort = sort_of(options.sort);
  query.limit = options.limit;
  return query;
}

std::string format_of(const hub::ModelSummary& model) {
  if (model.is_gguf()) return "GGUF";
  if (model.is_mlx()) return "MLX";
  return model.has_tag("safetensors") ? "safetensors" : "";
}

std::string count_text(std::uint64_t count) {
  if (count >= 1'000'000'000) return fmt::format("{:.1f}B", static_cast<double>(count) / 1e9);
  if (count >= 1'000'000) return fmt::format("{:.0f}M", static_cast<double>(count) / 1e6);
  if (count >= 10'000) return fmt::format("{:.0f}k", static_cast<double>(count) / 1e3);
  return std::to_string(count);
}

const char* access_name(hub::Access access) {
  switch (access) {
    case hub::Access::open: return "open";
    case hub::Access::automatic: return "auto";
    case hub::Access::manual: return "manual";
  }
  return "";
}

/// A model of the page with what its line tells about it here.
struct Found {
  hub::ModelSummary model;
  std::uint64_t parameters = 0;
  std::optional<hub::RoughSize> size = {};
  std::optional<Fit> fit = {};
};

std::vector<Found> judged(hub::SearchPage& page, const SearchOptions& options, std::uint64_t memory_limit) {
  const std::uint64_t most_bytes = size_limit(options.max_size).bytes;
  std::vector<Found> result;
  for (hub::ModelSummary& model : page.models) {
    Found found{.model = std::move(model)};
    found.parameters = hub::parameter_count(found.model);
    found.size = hub::rough_size(found.model);
    if (found.size) found.fit = fit_of(found.size->memory_bytes, memory_limit);
    const bool too_large = most_bytes > 0 && (!found.size || found.size->download_bytes > most_bytes);
    const bool unfit = options.fitting && (!found.fit || *found.fit == Fit::too_big);
    if (!too_large && !unfit) result.push_back(std::move(found));
  }
  return result;
}

std::string as_json(const std::vector<Found>& models, const std::string& next) {
  std::string list;
  for (const Found& found : models) {
    JsonText row;
    row.add("id", found.model.id)
        .add("author", found.model.author)
        .add("format", format_of(found.model))
        .add("task", found.model.task)
        .add("license", found.model.license)
        .add("gated", access_name(found.model.access))
        .add("private", found.model.is_private)
        .add("downloads", found.model.downloads)
        .add("likes", found.model.likes)
        .add("last_modified", found.model.last_modified)
        .add("parameters", found.parameters);
    if (found.size)
      row.add("download_bytes", found.size->download_bytes).add("memory_bytes", found.size->memory_bytes).add("fit", words(*found.fit));
    list += (list.empty() ? "" : ",") + row.object();
  }
  return JsonText().add_json("models", "[" + list + "]").add("next_cursor", next).object() + "\n";
}

std::string as_table(const std::vector<Found>& models) {
  Table table({{"NAME"}, {"FORMAT"}, {"WEIGHTS", Table::Align::right}, {"SIZE", Table::Align::right},
               {"DOWNLOADS", Table::Align::right}, {"GATED"}, {"LICENCE"}, {"HERE"}});
  for (const Found& found : models) {
    table.add({found.model.id, format_of(found.model), found.parameters > 0 ? count_text(found.parameters) : "?",
               found.size ? "~" + format_bytes(found.size->download_bytes) : "?", count_text(found.model.downloads),
               found.model.access == hub::Access::open ? "" : access_name(found.model.access),
               hub::escaped_name(found.model.license, 24), found.fit ? words(*found.fit) : "?"});
  }
  return table.text();
}

}  // namespace

int run_search(const SearchOptions& options) {
  return report_hub_problems(options.output, options.hub, {}, [&] {
    const hub::SearchQuery query = query_of(options);
    const HubClient client(options.hub);
    hub::SearchPage page = client.api().search(query, options.cursor);
    const std::size_t answered = page.models.size();
    const Engine engine;
    const std::vector<Found> models = judged(page, options, engine.memory().limit_bytes);
    if (options.output == Output::json) {
      print(as_json(models, page.next));
      return exit_success;
    }
    if (models.empty() && answered == 0) note("No model matches. Fewer conditions may find more.");
    if (!models.empty()) print(as_table(models));
    if (const std::size_t hidden = answered - models.size(); hidden > 0)
      note(fmt::format("{} more of this page are too large or tell no size.", hidden));
    if (!page.next.empty()) note("More: the same with --cursor " + shell_quoted(page.next));
    return exit_success;
  });
}

}  // namespace etna::cli
