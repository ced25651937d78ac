#include "engine/training/data/example_list.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace etna::training {

namespace {

constexpr std::uint64_t most_kept_tokens = std::uint64_t{32} << 20;

/// The fix that leaves out rows with a problem; null: none does.
const char* skipping_fix(Check check) {
  switch (check) {
    case Check::not_parsable:
    case Check::encoding: return "skip_unreadable";
    case Check::missing_field: return "skip_incomplete";
    case Check::roles:
    case Check::chat_template: return "skip_roles";
    default: return nullptr;
  }
}

bool is_skipped(Check check, const DataFixes& fixes) {
  switch (check) {
    case Check::empty_text: return true;
    case Check::not_parsable:
    case Check::encoding: return fixes.skip_unreadable;
    case Check::missing_field: return fixes.skip_incomplete;
    case Check::roles:
    case Check::chat_template: return fixes.skip_roles;
    default: return false;
  }
}

[[noreturn]] void fail_at(const std::string& place, const RowProblem& problem) {
  const char* fix = skipping_fix(problem.check);
  fail(Errc::corrupt, "{}{}{}", problem_text(place, problem), fix ? "; to leave such rows out, choose the fix " : "",
       fix ? fix : "");
}

void check_columns(const DataSet& data) {
  if (data.kind() != DataKind::unclear) return;
  std::string names;
  for (const ColumnSample& column : data.format().columns) names += (names.empty() ? "" : ", ") + column.name;
  fail(Errc::invalid_argument,
       "{}: none of the forms {{\"messages\": …}}, {{\"prompt\": …, \"completion\": …}}, {{\"text\": …}}; say with "
       "'columns' what its columns are: {}",
       data.options().path.string(), names);
}

}  // namespace

std::int64_t learned_tokens(const Example& example, std::int64_t limit) {
  const auto end = std::min(static_cast<std::int64_t>(example.tokens.size()), limit);
  if (example.learned.empty()) return std::max<std::int64_t>(end - 1, 0);
  std::int64_t learned = 0;
  for (const Example::Span& span : example.learned) {
    learned += std::max<std::int64_t>(std::min(span.end, end) - std::max<std::int64_t>(span.first, 1), 0);
  }
  return learned;
}

std::shared_ptr<ExampleList> ExampleList::read(std::shared_ptr<const DataSet> data, DataPart part,
                                               std::shared_ptr<const ExampleEncoder> encoder, std::int64_t limit,
                                               const Progress& progress) {
  check_columns(*data);
  std::shared_ptr<ExampleList> list(new ExampleList());
  list->data_ = std::move(data);
  list->part_ = part;
  list->encoder_ = std::move(encoder);
  const DataFixes& fixes = list->data_->options().fixes;
  const Tokenizer& tokenizer = list->encoder_->tokenizer();
  std::uint64_t hash =
      hash_text(tokenizer.tool_chat_template(),
                hash_text(tokenizer.chat_template(), static_cast<std::uint64_t>(list->encoder_->learn())));
  std::unordered_set<std::uint64_t> seen;
  bool keeps = true;
  DataSet::Reader reader(*list->data_, part, progress);
  while (reader.next()) {
    progress.check("reading the data");
    progress(reader.bytes(), reader.total_bytes());
    Row row = reader.read();
    const auto take = [&](const Conversation& conversation) {
      if (fixes.remove_duplicates && !seen.insert(conversation.hash()).second) return false;
      Example example = list->encoder_->encode(conversation);
      const auto length = static_cast<std::int64_t>(example.tokens.size());
      if ((fixes.skip_long && length > limit) || learned_tokens(example, limit) == 0) return false;
      if (reader.row() > std::numeric_limits<std::uint32_t>::max())
        fail(Errc::unsupported, "{}: has more than 4 294 967 296 rows", reader.file().path().string());
      list->rows_.push_back(static_cast<std::uint32_t>(reader.row()));
      list->lengths_.push_back(static_cast<std::uint32_t>(length));
      list->tokens_ += static_cast<std::uint64_t>(length);
      hash = hash_text(reader.record().text, hash);
      keeps = keeps && list->tokens_ <= most_kept_tokens;
      if (keeps)
        list->kept_.push_back(std::move(example));
      else
        list->kept_.clear();
      return true;
    };
    if (const auto* problem = std::get_if<RowProblem>(&row)) {
      if (!is_skipped(problem->check, fixes)) fail_at(place_text(reader.file(), reader.record()), *problem);
      ++list->skipped_;
      continue;
    }
    try {
      if (!take(std::get<Conversation>(row))) ++list->skipped_;
    } catch (const Error& error) {
      if (error.code() != Errc::template_error) throw;
      if (!fixes.skip_roles) {
        fail(Errc::template_error,
             "{}: the chat template refuses it: {}; to leave such rows out, choose the fix skip_roles",
             place_text(reader.file(), reader.record()), error.raised().empty() ? error.what() : error.raised());
      }
      ++list->skipped_;
    }
  }
  list->fingerprint_ = hash_digits(hash);
  return list;
}

Example ExampleList::example(std::size_t index) const {
  if (!kept_.empty()) return kept_[index];
  Row row = data_->read(part_, rows_[index]);
  // It was one when the list was made, and the file is checked to be the same.
  if (!std::holds_alternative<Conversation>(row))
    fail(Errc::corrupt, "{}: row {} is another one than before", data_->options().path.string(), rows_[index] + 1);
  return encoder_->encode(std::get<Conversation>(row));
}

}  // namespace etna::training
