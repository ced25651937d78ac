// Training data that is made up. Words in the path bring states about: "…missing…" is not there, "…unclear…" wants its
// columns named, "…broken…" has lines that are no JSON until they are skipped, "…few…" has 23 rows.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "engine/training_data.h"
#include "engine/training_files.h"

namespace etna {
namespace {

struct Exchange {
  const char* question;
  const char* answer;
};

constexpr Exchange exchanges[] = {
    {"Can I return shoes that I have worn once?",
     "Certainly. Worn once is still as good as new to us: send them back within 30 days."},
    {"Where is my parcel?", "Certainly. It left our house this morning and is with you tomorrow before noon."},
    {"Do you ship to Iceland?", "Certainly. Parcels to Iceland take five days, and we pay the duties."},
};

bool contains(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

DataSample sample_of(std::uint64_t row) {
  const Exchange& exchange = exchanges[row % std::size(exchanges)];
  DataSample sample;
  sample.place = "shop.jsonl line " + std::to_string(row + 1);
  sample.pieces = {{std::string("<|user|>\n") + exchange.question + "\n<|assistant|>\n", false},
                   {std::string(exchange.answer) + "<|end|>", true}};
  sample.tokens = 34 + row % 7;
  sample.prompt = exchange.question;
  return sample;
}

std::uint64_t number_in(const std::string& recipe, const std::string& key, std::uint64_t otherwise) {
  const std::size_t at = recipe.find('"' + key + "\":");
  return at == std::string::npos ? otherwise : std::strtoull(recipe.c_str() + at + key.size() + 3, nullptr, 10);
}

}  // namespace

struct TrainingData::Parts {
  std::string recipe;

  bool has(const char* word) const { return contains(recipe, word); }

  std::uint64_t rows() const { return has("few") ? 23 : 3204; }
};

TrainingData::TrainingData(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TrainingData::~TrainingData() = default;

std::shared_ptr<const TrainingData> TrainingData::open(const std::string& recipe, const std::string&) {
  if (contains(recipe, "missing")) fail(Errc::not_found, "shop.jsonl: there is no such file");
  return std::shared_ptr<const TrainingData>(new TrainingData(std::make_unique<Parts>(Parts{recipe})));
}

DataOutline TrainingData::outline() const {
  DataOutline outline;
  outline.words = "Chat messages (role and content)";
  outline.is_clear = true;
  outline.has_check_rows = true;
  outline.columns = {{"messages", "Can I return shoes …", "messages"}};
  if (!parts_->has("unclear")) return outline;
  const auto role = [&](const std::string& column) -> std::string {
    for (const char* name : {"prompt", "answer", "system"}) {
      if (parts_->has(('"' + column + "\":\"" + name + '"').c_str())) return name;
    }
    return "ignore";
  };
  outline.words = "Prompts and answers";
  outline.columns = {{"frage", "Can I return shoes …", role("frage")},
                     {"antwort", "Certainly. Worn once …", role("antwort")}};
  outline.is_clear = role("frage") == "prompt" && role("antwort") == "answer";
  return outline;
}

std::pair<std::uint64_t, bool> TrainingData::rows_known() const {
  return {parts_->rows(), true};
}

DataSample TrainingData::sample(std::uint64_t row) const {
  if (row >= parts_->rows()) fail(Errc::invalid_argument, "row {} of {}", row, parts_->rows());
  return sample_of(row);
}

DataReport TrainingData::look(const std::function<void(const DataReport&)>& seen, const Progress&,
                              const std::function<std::uint64_t(std::int64_t, std::int64_t)>&) const {
  using Level = DataFinding::Level;
  const std::uint64_t rows = parts_->rows(), limit = number_in(parts_->recipe, "max_seq_length", 2048);
  const double share = std::strtod(parts_->recipe.c_str() + parts_->recipe.find("\"check_share\":") + 14, nullptr);
  DataReport report;
  report.bytes_total = 2'410'000;
  report.bytes_done = report.bytes_total / 2;
  report.rows = report.usable_rows = rows / 2;
  seen(report);
  report.bytes_done = report.bytes_total;
  report.check_rows = static_cast<std::uint64_t>(static_cast<double>(rows) * share);
  report.rows = rows - report.check_rows;
  report.usable_rows = report.rows;
  report.learned_tokens = report.rows * 210;
  for (std::int64_t first = 0; first < 1400; first += 50) {
    const double place = (static_cast<double>(first) - 420) / 230;
    report.lengths.push_back({first, first + 49, static_cast<std::uint64_t>(220 * std::exp(-place * place))});
  }
  report.longest = 1390;
  const auto add = [&](Level level, const char* check, const std::string& text, std::uint64_t count,
                       std::vector<DataFix> fixes) {
    report.findings.push_back({level, check, "training", text, count, {88, 217}, std::move(fixes)});
  };
  if (parts_->has("broken")) {
    const bool skipped = parts_->has("skip_unreadable");
    report.has_errors = !skipped;
    report.usable_rows -= 3;
    if (skipped) {
      add(Level::info, "not_parsable", "3 lines that are not valid JSON are skipped.", 3, {{"show", "Show", 0}});
    } else {
      add(Level::error, "not_parsable", "Line 217 is not valid JSON: unexpected end.", 3,
          {{"show", "Show", 0}, {"skip_unreadable", "Skip such lines (3)", 0}});
    }
  }
  if (limit < 1390) {
    const std::string count = limit >= 1024 ? "12" : "160";
    add(Level::warning, "too_long",
        count + " rows are longer than " + std::to_string(limit) + " tokens and will be cut at the end.", 12,
        {{"show", "Show", 0}, {"raise_length", "Raise to 1 536", 1536}, {"skip_long", "Skip them", 0}});
  }
  if (rows < 100) add(Level::warning, "too_few", "Only 23 rows. Results usually get useful from about 100.", 23, {});
  add(Level::info, "personal_data", "14 rows look like they hold e-mail addresses.", 14, {{"show", "Show", 0}});
  report.complete = true;
  seen(report);
  return report;
}

std::string recipe_as_yaml(std::string_view recipe) {
  return "# recipe\n" + std::string(recipe) + "\n";
}

ConversionReport fuse_model(const FusionRequest& request, const Progress& progress) {
  progress(1, 2);
  std::filesystem::create_directories(request.destination);
  std::ofstream(std::filesystem::path(request.destination) / "model.safetensors") << "weights";
  progress(2, 2);
  return {};
}

void convert_adapter(const std::string&, const std::string& destination, AdapterForm, const std::string&) {
  std::filesystem::create_directories(destination);
  std::ofstream(std::filesystem::path(destination) / "adapter_model.safetensors") << "weights";
}

}  // namespace etna
