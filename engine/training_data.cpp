#include "engine/training_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>
#include <utility>

#include "engine/base/error.h"
#include "engine/engine.h"
#include "engine/session/model_files.h"
#include "engine/training/data/data_set.h"
#include "engine/training/data/encoder.h"
#include "engine/training/data/example_list.h"
#include "engine/training/data/recipe.h"
#include "engine/training/data/validate.h"

namespace etna {
namespace {

using namespace training;

constexpr int most_bars = 40;
constexpr std::size_t most_shown_tokens = 4096;  // of a sample: more than that nobody reads

DataOptions options_of(const TrainingDataRequest& request) {
  DataOptions options;
  options.path = request.path;
  if (!request.columns.empty()) {
    options.mapping.emplace();
    for (const auto& [column, role] : request.columns) options.mapping->columns.push_back({column, role_named(role)});
  }
  options.fixes = fixes_named(request.fixes);
  options.check_share = request.check_share;
  options.split_seed = request.split_seed;
  return options;
}

const char* name_of(FixKind kind) {
  switch (kind) {
    case FixKind::show: return "show";
    case FixKind::skip_unreadable: return "skip_unreadable";
    case FixKind::skip_incomplete: return "skip_incomplete";
    case FixKind::join_messages: return "join_messages";
    case FixKind::skip_roles: return "skip_roles";
    case FixKind::raise_length: return "raise_length";
    case FixKind::skip_long: return "skip_long";
    case FixKind::remove_duplicates: return "remove_duplicates";
    case FixKind::read_windows_1252: return "read_windows_1252";
    case FixKind::choose_template: return "choose_template";
  }
  return "";
}

TrainingDataReport report_of(const ValidationReport& report, std::uint64_t limit) {
  TrainingDataReport result;
  result.rows = report.train.rows;
  result.usable = report.train.usable;
  result.check_rows = report.valid.usable;
  result.learned_tokens = report.train.learned_tokens;
  result.longest = static_cast<std::uint64_t>(report.train.lengths.longest());
  result.longer = report.train.lengths.longer_than(static_cast<std::int64_t>(limit));
  for (const LengthHistogram::Bar& bar : report.train.lengths.bars(most_bars))
    result.lengths.push_back({static_cast<std::uint64_t>(bar.first), static_cast<std::uint64_t>(bar.last), bar.rows});
  for (const Finding& finding : report.findings) {
    TrainingFinding& shown = result.findings.emplace_back();
    shown.level = static_cast<TrainingFinding::Level>(finding.level);
    shown.text = finding.text;
    shown.count = finding.count;
    shown.rows = finding.rows;
    shown.of_training = finding.part == DataPart::train;
    for (const Fix& fix : finding.fixes) shown.fixes.push_back({name_of(fix.kind), fix.label, static_cast<std::uint64_t>(fix.value)});
  }
  result.bytes_done = report.bytes_done;
  result.bytes_total = report.bytes_total;
  result.complete = report.complete;
  result.has_errors = report.has_errors();
  return result;
}

/// The tokens of an example as texts, cut where learning begins and ends.
std::vector<TrainingExample::Piece> pieces_of(const Example& example, const Tokenizer& tokenizer, std::size_t limit) {
  const std::size_t end = std::min({example.tokens.size(), limit, most_shown_tokens});
  const auto learned = [&](std::size_t at) {
    const auto inside = [at](const Example::Span& span) {
      return static_cast<std::int64_t>(at) >= span.first && static_cast<std::int64_t>(at) < span.end;
    };
    return example.learned.empty() || std::ranges::any_of(example.learned, inside);
  };
  std::vector<TrainingExample::Piece> pieces;
  for (std::size_t begin = 0; begin < end;) {
    std::size_t next = begin + 1;
    while (next < end && learned(next) == learned(begin)) ++next;
    pieces.push_back({tokenizer.decode(std::span(example.tokens).subspan(begin, next - begin), SkipSpecialTokens::no), learned(begin)});
    begin = next;
  }
  return pieces;
}

std::string prompt_of(const Conversation& conversation) {
  if (conversation.is_text()) return {};
  for (const auto& message : *conversation.messages | std::views::reverse) {
    const auto content = message.find("content");
    if (message.value("role", std::string()) == "user" && content != message.end() && content->is_string()) return content->get<std::string>();
  }
  return {};
}

}  // namespace

struct TrainingData::Parts {
  TrainingDataRequest request;
  std::shared_ptr<const DataSet> data;
  std::shared_ptr<const Tokenizer> tokenizer;

  /// Plain texts have no answers to tell apart.
  ExampleEncoder encoder() const {
    const bool has_answers = data->kind() != DataKind::text && data->kind() != DataKind::unclear;
    return {tokenizer, request.answers_only && has_answers ? Learn::last_answer : Learn::everything};
  }

  TrainingExample show(const Row& row, std::uint64_t number, const ExampleEncoder& encoder) const {
    TrainingExample shown;
    shown.row = number;
    if (const auto* problem = std::get_if<RowProblem>(&row)) {
      shown.problem = problem_text("Row " + std::to_string(number), *problem);
      return shown;
    }
    try {
      const Example example = encoder.encode(std::get<Conversation>(row));
      shown.prompt = prompt_of(std::get<Conversation>(row));
      const auto limit = static_cast<std::int64_t>(request.max_length);
      shown.tokens = example.tokens.size();
      shown.learned_tokens = static_cast<std::uint64_t>(learned_tokens(example, limit));
      shown.pieces = pieces_of(example, *tokenizer, request.max_length);
    } catch (const Error& error) {
      shown.problem = error.what();
    }
    return shown;
  }
};

TrainingData::TrainingData(TrainingDataRequest request) : parts_(std::make_unique<Parts>()) {
  const std::string model = request.model.empty() ? Engine::starter_model_path() : request.model;
  parts_->tokenizer = ModelFiles::open(model).tokenizer;
  if (!parts_->tokenizer) fail(Errc::unsupported, "training data: {} has no tokenizer", model);
  parts_->data = DataSet::open(options_of(request));
  parts_->request = std::move(request);
}

TrainingData::~TrainingData() = default;

TrainingDataFormat TrainingData::format() const {
  const DataSet& data = *parts_->data;
  TrainingDataFormat format;
  format.words = data.options().mapping ? words(data.kind()) : data.format().words;
  format.unclear = data.kind() == DataKind::unclear || (!data.options().mapping && data.format().kind == DataKind::unclear);
  format.has_check_file = !data.files(DataPart::valid).empty();
  for (const auto& file : data.files(DataPart::train)) format.bytes += file->bytes();
  for (const ColumnSample& column : data.format().columns) {
    TrainingDataFormat::Column shown{column.name, "ignore", column.example};
    for (const ColumnMapping::Column& mapped : data.mapping().columns) {
      if (mapped.name == column.name) shown.role = name(mapped.role);
    }
    format.columns.push_back(std::move(shown));
  }
  return format;
}

std::vector<TrainingExample> TrainingData::first_examples(std::size_t most) const {
  const ExampleEncoder encoder = parts_->encoder();
  std::vector<TrainingExample> examples;
  for (const Row& row : parts_->data->first_rows(DataPart::train, most))
    examples.push_back(parts_->show(row, examples.size() + 1, encoder));
  return examples;
}

std::vector<TrainingExample> TrainingData::examples(const std::vector<std::uint64_t>& rows, const std::stop_token& stop) const {
  const ExampleEncoder encoder = parts_->encoder();
  const std::uint64_t all = parts_->data->rows(DataPart::train, {.report = {}, .stop = stop});
  std::vector<TrainingExample> examples;
  if (all == 0) return examples;
  for (const std::uint64_t row : rows) {
    const std::uint64_t place = (std::max<std::uint64_t>(row, 1) - 1) % all;
    examples.push_back(parts_->show(parts_->data->read(DataPart::train, place), place + 1, encoder));
  }
  return examples;
}

TrainingDataReport TrainingData::validate(const std::function<void(const TrainingDataReport&)>& seen,
                                          const std::stop_token& stop) const {
  const ExampleEncoder encoder = parts_->encoder();
  const std::uint64_t limit = parts_->request.max_length;
  const auto tell = [&](const ValidationReport& report) {
    if (seen) seen(report_of(report, limit));
  };
  ValidationRequest request;
  request.max_sequence_length = static_cast<std::int64_t>(limit);
  return report_of(training::validate(*parts_->data, &encoder, request, tell, {.report = {}, .stop = stop}), limit);
}

std::string TrainingData::recipe_file(const std::string& recipe) {
  return recipe_yaml(recipe);
}

}  // namespace etna
