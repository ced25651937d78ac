#include "engine/training_data.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ranges>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/io/starter_model.h"
#include "engine/session/model_files.h"
#include "engine/training/data/recipe.h"
#include "engine/training/data/validate.h"

namespace etna {

namespace {

namespace tr = training;

constexpr std::array fix_names = {
    "show",         "skip_unreadable", "skip_incomplete",   "join_messages",     "skip_roles",
    "raise_length", "skip_long",       "remove_duplicates", "read_windows_1252", "choose_template"};
constexpr std::array check_names = {"not_parsable", "missing_field", "empty_text",   "roles",
                                    "too_long",     "duplicates",    "overlap",      "too_few",
                                    "encoding",     "chat_template", "personal_data"};
static_assert(fix_names.size() == static_cast<std::size_t>(tr::FixKind::choose_template) + 1);
static_assert(check_names.size() == static_cast<std::size_t>(tr::Check::personal_data) + 1);

DataFinding plain(const tr::Finding& finding) {
  DataFinding result{.level = static_cast<DataFinding::Level>(finding.level),
                     .check = check_names[static_cast<std::size_t>(finding.check)],
                     .part = tr::words(finding.part),
                     .text = finding.text,
                     .count = finding.count,
                     .rows = finding.rows,
                     .fixes = {}};
  for (const tr::Fix& fix : finding.fixes)
    result.fixes.push_back({fix_names[static_cast<std::size_t>(fix.kind)], fix.label, fix.value});
  return result;
}

DataReport plain(const tr::ValidationReport& report) {
  constexpr int most_bars = 40;
  DataReport result{.findings = {},
                    .rows = report.train.rows,
                    .usable_rows = report.train.usable,
                    .check_rows = report.valid.usable,
                    .learned_tokens = report.train.learned_tokens,
                    .longest = report.train.lengths.longest(),
                    .lengths = {},
                    .bytes_done = report.bytes_done,
                    .bytes_total = report.bytes_total,
                    .complete = report.complete,
                    .has_errors = report.has_errors()};
  for (const tr::Finding& finding : report.findings) result.findings.push_back(plain(finding));
  for (const auto& bar : report.train.lengths.bars(most_bars))
    result.lengths.push_back({bar.first, bar.last, bar.rows});
  return result;
}

/// Stretches of tokens that are learned or not, as text.
std::vector<DataSample::Piece> pieces_of(const tr::Example& example, const Tokenizer& tokenizer) {
  const auto is_learned = [&](std::int64_t place) {
    return example.learned.empty() || std::ranges::any_of(example.learned, [&](const tr::Example::Span& span) {
             return span.first <= place && place < span.end;
           });
  };
  std::vector<DataSample::Piece> pieces;
  const auto count = static_cast<std::int64_t>(example.tokens.size());
  for (std::int64_t begin = 0; begin < count;) {
    std::int64_t end = begin + 1;
    while (end < count && is_learned(end) == is_learned(begin)) ++end;
    const auto part =
        std::span(example.tokens).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    pieces.push_back({tokenizer.decode(part, SkipSpecialTokens::no), is_learned(begin)});
    begin = end;
  }
  return pieces;
}

std::string prompt_of(const tr::Conversation& conversation) {
  if (conversation.is_text()) return {};
  for (const auto& message : *conversation.messages | std::views::reverse) {
    const auto content = message.find("content");
    if (message.value("role", std::string()) == "user" && content != message.end() && content->is_string())
      return content->get<std::string>();
  }
  return {};
}

}  // namespace

struct TrainingData::Parts {
  tr::Recipe recipe;
  std::shared_ptr<const tr::DataSet> data;
  std::unique_ptr<const tr::ExampleEncoder> encoder;
};

TrainingData::TrainingData(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TrainingData::~TrainingData() = default;

std::shared_ptr<const TrainingData> TrainingData::open(const std::string& text, const std::string& model) {
  auto parts = std::make_unique<Parts>();
  parts->recipe = tr::read_recipe(text, "recipe");
  parts->data = tr::open_recipe_rows(parts->recipe);
  const std::filesystem::path folder = model.empty() ? starter_model_folder() : std::filesystem::path(model);
  ModelFiles files = ModelFiles::open(folder);
  if (!files.tokenizer) fail(Errc::not_found, "{}: has no tokenizer, so text cannot be read", folder.string());
  parts->encoder = std::make_unique<tr::ExampleEncoder>(files.tokenizer, parts->recipe.data.learn);
  return std::shared_ptr<const TrainingData>(new TrainingData(std::move(parts)));
}

DataOutline TrainingData::outline() const {
  const tr::DataSet& data = *parts_->data;
  const bool is_chosen = data.options().mapping.has_value();
  DataOutline outline{
      .words = is_chosen ? tr::words(data.kind()) : data.format().words,
      .is_clear = data.kind() != tr::DataKind::unclear && (is_chosen || data.format().kind != tr::DataKind::unclear),
      .columns = {},
      .has_check_rows = data.has(tr::DataPart::valid),
      .has_test_rows = data.has(tr::DataPart::test)};
  for (const tr::ColumnSample& column : data.format().columns) {
    const auto& roles = data.mapping().columns;
    const auto role = std::ranges::find(roles, column.name, &tr::ColumnMapping::Column::name);
    outline.columns.push_back(
        {column.name, column.example, tr::name(role == roles.end() ? tr::ColumnRole::ignore : role->role)});
  }
  return outline;
}

std::pair<std::uint64_t, bool> TrainingData::rows_known() const {
  std::uint64_t rows = 0;
  bool all = true;
  for (const auto& file : parts_->data->files(tr::DataPart::train)) {
    const auto index = file->index();
    rows += index.records;
    all = all && index.complete;
  }
  return {rows, all};
}

DataSample TrainingData::sample(std::uint64_t row) const {
  const auto place = parts_->data->record(tr::DataPart::train, row);
  DataSample sample{.place = tr::place_text(*place.file, place.record), .problem = {}, .pieces = {}};
  const tr::Row meant = tr::read_row(*place.file, place.record, parts_->data->mapping(), parts_->data->options().fixes);
  if (const auto* problem = std::get_if<tr::RowProblem>(&meant)) {
    sample.problem = tr::problem_text(sample.place, *problem);
    return sample;
  }
  try {
    const tr::Example example = parts_->encoder->encode(std::get<tr::Conversation>(meant));
    sample.pieces = pieces_of(example, parts_->encoder->tokenizer());
    sample.tokens = example.tokens.size();
    sample.prompt = prompt_of(std::get<tr::Conversation>(meant));
  } catch (const Error& error) {
    if (error.code() != Errc::template_error && error.code() != Errc::unsupported &&
        error.code() != Errc::invalid_argument)
      throw;
    sample.problem = error.raised().empty() ? error.what() : error.raised();
  }
  return sample;
}

DataReport TrainingData::look(const std::function<void(const DataReport&)>& seen, const Progress& progress,
                              const std::function<std::uint64_t(std::int64_t, std::int64_t)>& extra_bytes) const {
  std::function<void(const tr::ValidationReport&)> tell;
  if (seen) tell = [&](const tr::ValidationReport& report) { seen(plain(report)); };
  const tr::ValidationRequest request{.max_sequence_length = parts_->recipe.options.batches.max_sequence_length,
                                      .extra_bytes = extra_bytes};
  return plain(tr::validate(*parts_->data, parts_->encoder.get(), request, tell, progress));
}

std::string with_fix(const std::string& recipe, const DataFix& fix) {
  if (fix.name == "show" || fix.name == "choose_template") return recipe;
  if (fix.name == "raise_length")
    return tr::merged_recipe(recipe, nlohmann::json{{"max_seq_length", fix.value}}.dump());
  std::vector<std::string> names = tr::names(tr::read_recipe(recipe, "recipe").data.fixes);
  names.push_back(fix.name);
  return tr::merged_recipe(recipe, nlohmann::json{{"fixes", tr::names(tr::fixes_named(names))}}.dump());
}

}  // namespace etna
