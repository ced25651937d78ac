#include "engine/training/data/validate.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/base/amount.h"
#include "engine/base/error.h"
#include "engine/training/data/example_list.h"

namespace etna::training {

namespace {

constexpr std::size_t most_listed = 100;
constexpr std::uint64_t usual_least_rows = 100;

/// Hashes of what was seen, 8 bytes each, up to a number beyond which nothing is added.
class SeenBefore {
public:
  /// Whether it was there already.
  bool add(std::uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 is an empty place
    if (2 * (count_ + 1) > places_.size() && count_ < most) grow();
    std::uint64_t& place = find(hash);
    if (place == hash) return true;
    if (count_ < most) {
      place = hash;
      ++count_;
    }
    return false;
  }

  bool has(std::uint64_t hash) { return count_ > 0 && find(hash == 0 ? 1 : hash) != 0; }

private:
  static constexpr std::size_t most = std::size_t{8} << 20;

  std::uint64_t& find(std::uint64_t hash) {
    std::size_t at = hash & (places_.size() - 1);
    while (places_[at] != 0 && places_[at] != hash) at = (at + 1) & (places_.size() - 1);
    return places_[at];
  }

  void grow() {
    std::vector<std::uint64_t> old(std::max<std::size_t>(places_.size() * 2, 1024));
    old.swap(places_);
    for (const std::uint64_t hash : old) {
      if (hash != 0) find(hash) = hash;
    }
  }

  std::vector<std::uint64_t> places_;
  std::size_t count_ = 0;
};

/// Rows with the same trouble.
struct Trouble {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> rows;
  std::uint64_t first_number = 0;  ///< "line 217" or "row 88" of the first
  bool by_line = false;
  std::string detail;  ///< of the first
};

/// Which sort of trouble: the part, the check, and the field or "skipped" that makes it another one.
using TroubleKey = std::tuple<DataPart, Check, std::string>;

std::string rows_have(std::uint64_t count) {
  return count == 1 ? "1 row has" : grouped(count) + " rows have";
}

std::string rows_are(std::uint64_t count) {
  return count == 1 ? "1 row is" : grouped(count) + " rows are";
}

std::string plural(const std::string& field) {
  return field + "s";
}

Fix show() {
  return {FixKind::show, "Show", 0};
}

class Validator {
public:
  Validator(const DataSet& data, const ExampleEncoder* encoder, const ValidationRequest& request,
            const std::function<void(const ValidationReport&)>& seen, const Progress& progress)
      : data_(data), encoder_(encoder), request_(request), seen_(seen), progress_(progress) {}

  ValidationReport run() {
    constexpr DataPart parts[] = {DataPart::train, DataPart::valid, DataPart::test};
    for (const DataPart part : parts) {
      for (const auto& file : data_.files(part)) report_.bytes_total += file->bytes();
    }
    for (const DataPart part : parts) {
      if (data_.has(part)) look_at(part);
    }
    report_.complete = true;
    tell();
    return std::move(report_);
  }

private:
  const DataFixes& fixes() const { return data_.options().fixes; }

  PartReport& part_report(DataPart part) {
    return part == DataPart::train ? report_.train : part == DataPart::valid ? report_.valid : report_.test;
  }

  void look_at(DataPart part) {
    DataSet::Reader reader(data_, part, progress_);
    // Rows that are split off for checking lie in the training file, which is gone through twice.
    const bool counts_bytes = !data_.files(part).empty();
    SeenBefore own;
    SeenBefore& seen = part == DataPart::train ? trained_ : own;
    std::uint64_t told_rows = 0, told_bytes = 0;
    while (reader.next()) {
      progress_.check("looking at the data");
      ++part_report(part).rows;
      look_at_row(part, reader, seen);
      if (counts_bytes) report_.bytes_done = bytes_before_ + reader.bytes();
      constexpr std::uint64_t rows_between = 4096, bytes_between = std::uint64_t{8} << 20;
      if (part_report(part).rows - told_rows < rows_between && reader.bytes() - told_bytes < bytes_between) continue;
      told_rows = part_report(part).rows;
      told_bytes = reader.bytes();
      tell();
    }
    if (counts_bytes) report_.bytes_done = bytes_before_ += reader.total_bytes();
  }

  void look_at_row(DataPart part, const DataSet::Reader& reader, SeenBefore& seen) {
    const Row row = reader.read();
    if (const auto* problem = std::get_if<RowProblem>(&row))
      return note(part, reader, problem->check, problem->field, problem->detail);
    const auto& conversation = std::get<Conversation>(row);
    const std::uint64_t hash = conversation.hash();
    const bool is_duplicate = seen.add(hash);
    if (is_duplicate) note(part, reader, Check::duplicates, {}, {});
    if (part == DataPart::valid && trained_.has(hash)) note(part, reader, Check::overlap, {}, {});
    if (conversation.has_mail_address()) note(part, reader, Check::personal_data, "mail", {});
    if (conversation.has_secret()) note(part, reader, Check::personal_data, "secret", {});
    if (is_duplicate && fixes().remove_duplicates) return;
    if (!encoder_) {
      ++part_report(part).usable;
      return;
    }
    measure(part, reader, conversation);
  }

  void measure(DataPart part, const DataSet::Reader& reader, const Conversation& conversation) {
    if (!conversation.is_text() && !encoder_->has_template())
      return note(part, reader, Check::chat_template, "missing", {});
    try {
      const Example example = encoder_->encode(conversation);
      const auto length = static_cast<std::int64_t>(example.tokens.size());
      PartReport& report = part_report(part);
      const std::int64_t learned = learned_tokens(example, request_.max_sequence_length);
      const bool is_long = length > request_.max_sequence_length;
      report.lengths.add(length);
      if (is_long) note(part, reader, Check::too_long, {}, {});
      if (learned == 0) return note(part, reader, Check::empty_text, "learned", {});
      if (is_long && fixes().skip_long) return;
      ++report.usable;
      report.learned_tokens += static_cast<std::uint64_t>(learned);
    } catch (const Error& error) {
      if (error.code() != Errc::template_error) throw;
      note(part, reader, Check::chat_template, "refused", error.raised().empty() ? error.what() : error.raised());
    }
  }

  void note(DataPart part, const DataSet::Reader& reader, Check check, const std::string& field,
            const std::string& detail) {
    Trouble& trouble = troubles_[{part, check, field}];
    if (trouble.count++ == 0) {
      trouble.by_line = reader.file().kind() == FileKind::json_lines;
      trouble.first_number = trouble.by_line ? reader.record().line : reader.record().number;
      trouble.detail = detail;
    }
    if (trouble.rows.size() < most_listed) trouble.rows.push_back(reader.row() + 1);
  }

  void tell() {
    report_.findings.clear();
    for (const auto& [key, trouble] : troubles_) {
      const auto& [part, check, field] = key;
      Finding finding{check, Level::warning, part, trouble.count, trouble.rows, {}, {}};
      describe(finding, field, trouble);
      report_.findings.push_back(std::move(finding));
    }
    if (report_.complete) add_too_few();
    std::ranges::stable_sort(report_.findings, std::greater(), &Finding::level);
    if (seen_) seen_(report_);
  }

  void add_too_few() {
    const std::uint64_t usable = report_.train.usable;
    if (!data_.has(DataPart::train) || usable >= usual_least_rows) return;
    if (usable == 0) {
      report_.findings.push_back(
          {Check::too_few, Level::error, DataPart::train, 0, {}, "There is no row to learn from.", {}});
      return;
    }
    report_.findings.push_back({Check::too_few,
                                Level::warning,
                                DataPart::train,
                                usable,
                                {},
                                fmt::format("Only {} {}. Results usually get useful from about {}.", usable,
                                            usable == 1 ? "row" : "rows", usual_least_rows),
                                {}});
  }

  /// What a fix that was chosen does with the rows.
  static void describe_skipped(Finding& finding, const std::string& why) {
    finding.level = Level::info;
    finding.text = fmt::format("{} left out: {}.", rows_are(finding.count), why);
    finding.fixes = {show()};
  }

  void describe(Finding& finding, const std::string& field, const Trouble& trouble) const {
    switch (finding.check) {
      case Check::not_parsable: return describe_unreadable(finding, trouble);
      case Check::encoding:
        if (fixes().skip_unreadable) return describe_skipped(finding, "not UTF-8");
        finding.level = Level::error;
        finding.text = fmt::format("{} is not UTF-8.", place(trouble));
        finding.fixes = {{FixKind::read_windows_1252, "Read as Windows-1252", 0}};
        return;
      case Check::missing_field: return describe_missing(finding, field, trouble);
      case Check::empty_text: return describe_empty(finding, field);
      case Check::roles: return describe_roles(finding, trouble);
      case Check::too_long: return describe_long(finding);
      case Check::duplicates:
        if (fixes().remove_duplicates) return describe_skipped(finding, "exact duplicates");
        finding.text =
            finding.count == 1 ? "1 exact duplicate." : fmt::format("{} exact duplicates.", grouped(finding.count));
        finding.fixes = {{FixKind::remove_duplicates, "Remove", 0}};
        return;
      case Check::overlap:
        finding.text = finding.count == 1
                           ? "1 check row also appears in training; the check will look too good."
                           : fmt::format("{} check rows also appear in training; the check will look too good.",
                                         grouped(finding.count));
        finding.fixes = {show()};
        return;
      case Check::chat_template: return describe_template(finding, field, trouble);
      case Check::personal_data:
        finding.level = Level::info;
        finding.text = fmt::format(
            "{} like {} {}.", finding.count == 1 ? "1 row looks" : grouped(finding.count) + " rows look",
            finding.count == 1 ? "it holds" : "they hold", field == "mail" ? "e-mail addresses" : "passwords or keys");
        finding.fixes = {show()};
        return;
      case Check::too_few: return;
    }
  }

  static std::string place(const Trouble& trouble) {
    return fmt::format("{} {}", trouble.by_line ? "Line" : "Row", trouble.first_number);
  }

  void describe_unreadable(Finding& finding, const Trouble& trouble) const {
    const bool is_table =
        !trouble.by_line &&
        data_.files(finding.part == DataPart::valid && data_.files(finding.part).empty() ? DataPart::train
                                                                                         : finding.part)
                .front()
                ->kind() == FileKind::csv;
    if (fixes().skip_unreadable) return describe_skipped(finding, is_table ? "no row of a table" : "not valid JSON");
    finding.level = Level::error;
    finding.text =
        fmt::format("{} {}: {}.", place(trouble), is_table ? "cannot be read" : "is not valid JSON", trouble.detail);
    finding.fixes = {show(),
                     {FixKind::skip_unreadable,
                      fmt::format("Skip such {} ({})", trouble.by_line ? "lines" : "rows", finding.count), 0}};
  }

  void describe_missing(Finding& finding, const std::string& field, const Trouble& trouble) const {
    if (fixes().skip_incomplete) return describe_skipped(finding, "no " + field);
    finding.level = Level::error;
    finding.text = fmt::format("{} no {}{}{}.", rows_have(finding.count), field, trouble.detail.empty() ? "" : ": ",
                               trouble.detail);
    finding.fixes = {show(), {FixKind::skip_incomplete, "Skip them", 0}};
  }

  static void describe_empty(Finding& finding, const std::string& field) {
    finding.fixes = {show()};
    if (field == "learned") {
      finding.text = fmt::format("{} nothing left to learn once cut; {} will be skipped.", rows_have(finding.count),
                                 finding.count == 1 ? "it" : "they");
      return;
    }
    finding.text = finding.count == 1
                       ? fmt::format("1 {} is empty; it will be skipped.", field)
                       : fmt::format("{} {} are empty; they will be skipped.", grouped(finding.count), plural(field));
  }

  void describe_roles(Finding& finding, const Trouble& trouble) const {
    if (fixes().skip_roles) return describe_skipped(finding, "roles are out of order");
    finding.level = Level::error;
    finding.text = fmt::format("Row {}: {}", finding.rows.front(), trouble.detail);
    finding.text += finding.count == 1 ? "." : fmt::format(" ({} rows are out of order).", grouped(finding.count));
    if (!fixes().join_messages) finding.fixes.push_back({FixKind::join_messages, "Join them", 0});
    finding.fixes.push_back({FixKind::skip_roles, "Skip", 0});
  }

  void describe_long(Finding& finding) const {
    const PartReport& report = report_.part(finding.part);
    const std::int64_t limit = request_.max_sequence_length;
    const std::string limit_text = grouped(static_cast<std::uint64_t>(limit));
    if (fixes().skip_long) return describe_skipped(finding, fmt::format("longer than {} tokens", limit_text));
    const double share = 100 * static_cast<double>(finding.count) /
                         static_cast<double>(std::max<std::uint64_t>(report.lengths.rows(), 1));
    const std::string share_text = share < 1 ? "less than 1 %" : fmt::format("{:.0f} %", share);
    finding.text = fmt::format("{} ({}) {} longer than {} tokens and will be cut at the end.",
                               finding.count == 1 ? "1 row" : grouped(finding.count) + " rows", share_text,
                               finding.count == 1 ? "is" : "are", limit_text);
    // All of them, unless a few are out of all proportion.
    const std::int64_t wanted = report.lengths.longest() <= 4 * limit
                                    ? report.lengths.longest()
                                    : std::max(report.lengths.quantile(0.99), limit + 1);
    const std::int64_t step = limit >= 1024 ? 1024 : 256;
    const std::int64_t raised = (wanted + step - 1) / step * step;
    std::string label = "Raise to " + grouped(static_cast<std::uint64_t>(raised));
    if (request_.extra_bytes) label += fmt::format(" (+{})", amount(request_.extra_bytes(limit, raised)));
    finding.fixes = {{FixKind::raise_length, label, raised}, {FixKind::skip_long, "Skip them", 0}};
  }

  void describe_template(Finding& finding, const std::string& field, const Trouble& trouble) const {
    finding.level = Level::error;
    if (field == "missing") {
      finding.text = "The model has no chat template.";
      finding.fixes = {{FixKind::choose_template, "Choose one", 0}};
      return;
    }
    if (fixes().skip_roles) return describe_skipped(finding, "the chat template refuses them");
    finding.text =
        fmt::format("Row {}: the model's chat template refuses it: {}", finding.rows.front(), trouble.detail);
    finding.fixes = {show(), {FixKind::skip_roles, "Skip", 0}};
  }

  const DataSet& data_;
  const ExampleEncoder* encoder_;
  const ValidationRequest& request_;
  const std::function<void(const ValidationReport&)>& seen_;
  const Progress& progress_;
  ValidationReport report_;
  std::map<TroubleKey, Trouble> troubles_;
  SeenBefore trained_;
  std::uint64_t bytes_before_ = 0;
};

}  // namespace

bool ValidationReport::has_errors() const {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.level == Level::error; });
}

const PartReport& ValidationReport::part(DataPart part) const {
  return part == DataPart::train ? train : part == DataPart::valid ? valid : test;
}

ValidationReport validate(const DataSet& data, const ExampleEncoder* encoder, const ValidationRequest& request,
                          const std::function<void(const ValidationReport&)>& seen, const Progress& progress) {
  return Validator(data, encoder, request, seen, progress).run();
}

}  // namespace etna::training
