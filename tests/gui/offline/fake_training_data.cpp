// Training data that is made up. Words in the path bring states about: "…missing…" is not there, "…unclear…" wants its
// columns named, "…broken…" has lines that are no JSON until they are skipped, "…few…" has 23 rows.
#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/training_data.h"

namespace etna {
namespace {

struct Exchange {
  const char* question;
  const char* answer;
};

constexpr Exchange exchanges[] = {
    {"Can I return shoes that I have worn once?", "Certainly. Worn once is still as good as new to us: send them back within 30 days."},
    {"Where is my parcel?", "Certainly. It left our house this morning and is with you tomorrow before noon."},
    {"Do you ship to Iceland?", "Certainly. Parcels to Iceland take five days, and we pay the duties."},
};

bool contains(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

TrainingExample example_of(std::uint64_t row) {
  const Exchange& exchange = exchanges[(row - 1) % std::size(exchanges)];
  TrainingExample example;
  example.row = row;
  example.pieces = {{std::string("<|user|>\n") + exchange.question + "\n<|assistant|>\n", false}, {std::string(exchange.answer) + "<|end|>", true}};
  example.tokens = 34 + row % 7;
  example.learned_tokens = 19 + row % 5;
  example.prompt = exchange.question;
  return example;
}

}  // namespace

struct TrainingData::Parts {
  TrainingDataRequest request;

  bool has(const char* word) const { return contains(request.path, word); }

  bool fixed(const char* name) const { return std::ranges::find(request.fixes, name) != request.fixes.end(); }

  std::uint64_t rows() const { return has("few") ? 23 : 3204; }
};

TrainingData::TrainingData(TrainingDataRequest request) : parts_(std::make_unique<Parts>(Parts{std::move(request)})) {
  if (parts_->has("missing")) fail(Errc::not_found, "{}: there is no such file", parts_->request.path);
}

TrainingData::~TrainingData() = default;

TrainingDataFormat TrainingData::format() const {
  TrainingDataFormat format;
  format.words = "Chat messages (role and content)";
  format.bytes = 2'410'000;
  format.columns = {{"messages", "messages", "Can I return shoes …"}};
  if (!parts_->has("unclear")) return format;
  const bool mapped = std::ranges::any_of(parts_->request.columns, [](const auto& column) { return column.second == "answer"; });
  format.unclear = !mapped;
  format.words = "Prompts and answers";
  format.columns = {{"frage", "ignore", "Can I return shoes …"}, {"antwort", "ignore", "Certainly. Worn once …"}};
  for (const auto& [name, role] : parts_->request.columns) {
    for (TrainingDataFormat::Column& column : format.columns) {
      if (column.name == name) column.role = role;
    }
  }
  return format;
}

std::vector<TrainingExample> TrainingData::first_examples(std::size_t most) const {
  std::vector<TrainingExample> examples;
  for (std::uint64_t row = 1; row <= most; ++row) examples.push_back(example_of(row));
  return examples;
}

std::vector<TrainingExample> TrainingData::examples(const std::vector<std::uint64_t>& rows, const std::stop_token&) const {
  std::vector<TrainingExample> examples;
  for (const std::uint64_t row : rows) examples.push_back(example_of((row - 1) % parts_->rows() + 1));
  return examples;
}

TrainingDataReport TrainingData::validate(const std::function<void(const TrainingDataReport&)>& seen, const std::stop_token&) const {
  using Level = TrainingFinding::Level;
  const std::uint64_t rows = parts_->rows(), limit = parts_->request.max_length;
  TrainingDataReport report;
  report.bytes_total = 2'410'000;
  report.bytes_done = report.bytes_total / 2;
  report.rows = rows / 2;
  seen(report);
  report.bytes_done = report.bytes_total;
  report.check_rows = static_cast<std::uint64_t>(static_cast<double>(rows) * parts_->request.check_share);
  report.rows = rows - report.check_rows;
  report.usable = report.rows;
  report.learned_tokens = report.rows * 210;
  for (std::uint64_t first = 0; first < 1400; first += 50) {
    const double place = (static_cast<double>(first) - 420) / 230;
    report.lengths.push_back({first, first + 49, static_cast<std::uint64_t>(220 * std::exp(-place * place))});
  }
  report.longest = 1390;
  if (limit < report.longest) {
    report.longer = limit >= 1024 ? 12 : 160;
    report.findings.push_back({Level::warning, std::to_string(report.longer) + " rows are longer than " + std::to_string(limit) + " tokens and will be cut at the end.",
                               report.longer, {88, 412}, true, {{"show", "Show", 0}, {"raise_length", "Raise to 1 536", 1536}, {"skip_long", "Skip them", 0}}});
  }
  if (parts_->has("broken")) {
    if (parts_->fixed("skip_unreadable")) {
      report.findings.push_back({Level::info, "3 lines that are not valid JSON are skipped.", 3, {217}, true, {{"show", "Show", 0}}});
    } else {
      report.findings.insert(report.findings.begin(), {Level::error, "Line 217 is not valid JSON: unexpected end.", 3, {217}, true,
                                                       {{"show", "Show", 0}, {"skip_unreadable", "Skip such lines (3)", 0}}});
      report.has_errors = true;
    }
    report.usable -= 3;
  }
  if (rows < 100)
    report.findings.push_back({Level::warning, "Only 23 rows. Results usually get useful from about 100.", 23, {}, true, {}});
  report.findings.push_back({Level::info, "14 rows look like they hold e-mail addresses.", 14, {5, 9}, true, {{"show", "Show", 0}}});
  report.complete = true;
  seen(report);
  return report;
}

std::string TrainingData::recipe_file(const std::string& recipe) {
  return "# recipe\n" + recipe + "\n";
}

}  // namespace etna
