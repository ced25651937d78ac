#include "engine/training/data/data_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::size_t rows_for_format = 20;

/// `count` of the numbers below `all`, each as likely (Floyd's method).
std::unordered_set<std::uint64_t> chosen(std::uint64_t all, std::uint64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::unordered_set<std::uint64_t> result;
  for (std::uint64_t last = all - count; last < all; ++last) {
    const std::uint64_t candidate = random() % (last + 1);
    if (!result.insert(candidate).second) result.insert(last);
  }
  return result;
}

}  // namespace

std::string place_text(const DataFile& file, const RawRecord& record) {
  const bool by_line = file.kind() == FileKind::json_lines;
  return fmt::format("{} {} {}", file.path().string(), by_line ? "line" : "row", by_line ? record.line : record.number);
}

std::string problem_text(const std::string& place, const RowProblem& problem) {
  const std::string detail = problem.detail.empty() ? "" : ": " + problem.detail;
  switch (problem.check) {
    case Check::not_parsable: return fmt::format("{} cannot be read{}", place, detail);
    case Check::encoding: return fmt::format("{} is not UTF-8", place);
    case Check::missing_field: return fmt::format("{} has no {}{}", place, problem.field, detail);
    case Check::empty_text: return fmt::format("{}: the {} is empty", place, problem.field);
    default: return place + detail;
  }
}

std::shared_ptr<const DataSet> DataSet::open(DataOptions options) {
  std::shared_ptr<DataSet> data(new DataSet());
  data->options_ = std::move(options);
  if (!(data->options_.check_share >= 0 && data->options_.check_share < 1)) {
    fail(Errc::invalid_argument, "check_share is {}; wanted a share of the rows, at least 0 and below 1",
         data->options_.check_share);
  }
  data->find_files();
  data->find_format();
  return data;
}

void DataSet::find_files() {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(options_.path, ignored)) {
    files_[0] = {DataFile::open(options_.path)};
    return;
  }
  const auto paths = find_data_files(options_.path);
  for (std::size_t part = 0; part < paths.size(); ++part) {
    for (const auto& path : paths[part]) {
      // An empty file of a part is as none (mlx-lm); for the rows to learn it is worth a word.
      if (part != 0 && std::filesystem::file_size(path, ignored) == 0) continue;
      files_[part].push_back(DataFile::open(path));
    }
  }
}

void DataSet::find_format() {
  const auto& files = !files_[0].empty() ? files_[0] : files_[2];
  std::vector<std::shared_ptr<const nlohmann::ordered_json>> rows;
  std::optional<std::string> problem;
  for (const auto& file : files) {
    RecordReader reader = file->reader();
    RawRecord record;
    for (std::size_t i = 0; i < rows_for_format && rows.size() < rows_for_format && reader.next(record); ++i) {
      RowValues values = row_values(*file, record, {.read_windows_1252 = true});
      if (auto* row = std::get_if<0>(&values))
        rows.push_back(std::move(*row));
      else if (!problem)
        problem = problem_text(place_text(*file, record), std::get<RowProblem>(values));
    }
    if (rows.size() == rows_for_format) break;
  }
  if (rows.empty())
    fail(Errc::corrupt, "{}", problem.value_or(fmt::format("{}: there is no row", options_.path.string())));
  format_ = detect_format(sample_columns(rows));
}

bool DataSet::is_split() const {
  return files_[1].empty() && options_.check_share > 0;
}

bool DataSet::has(DataPart part) const {
  return !files(part).empty() || (part == DataPart::valid && is_split() && !files_[0].empty());
}

std::shared_ptr<const std::unordered_set<std::uint64_t>> DataSet::split(const Progress& progress) const {
  if (!is_split()) return nullptr;
  std::uint64_t records = 0;
  for (const auto& file : files_[0]) records += file->records(progress);
  const std::lock_guard lock(mutex_);
  if (!split_) {
    auto count = static_cast<std::uint64_t>(std::llround(options_.check_share * static_cast<double>(records)));
    if (records > 1) count = std::clamp<std::uint64_t>(count, 1, records - 1);
    split_ = std::make_shared<const std::unordered_set<std::uint64_t>>(
        chosen(records, std::min(count, records), options_.split_seed));
  }
  return split_;
}

std::uint64_t DataSet::rows(DataPart part, const Progress& progress) const {
  const auto kept = split(progress);
  if (part == DataPart::valid && kept) return kept->size();
  std::uint64_t rows = 0;
  for (const auto& file : files(part)) rows += file->records(progress);
  return part == DataPart::train && kept ? rows - kept->size() : rows;
}

DataSet::Place DataSet::record(DataPart part, std::uint64_t row) const {
  const auto& all = part == DataPart::valid && is_split() ? files_[0] : files(part);
  std::uint64_t before = 0;
  for (const auto& file : all) {
    // The index need not be complete for a row that it knows.
    if (row - before < file->index().records) return {file.get(), file->read(row - before)};
    const std::uint64_t records = file->records();
    if (row - before < records) return {file.get(), file->read(row - before)};
    before += records;
  }
  fail(Errc::invalid_argument, "{}: row {} is wanted, there are {}", options_.path.string(), row + 1, before);
}

Row DataSet::read(DataPart part, std::uint64_t row) const {
  const Place place = record(part, row);
  return read_row(*place.file, place.record, mapping(), options_.fixes);
}

std::vector<Row> DataSet::first_rows(DataPart part, std::size_t most) const {
  std::vector<Row> rows;
  const auto& all = part == DataPart::valid && is_split() ? files_[0] : files(part);
  for (const auto& file : all) {
    RecordReader reader = file->reader();
    RawRecord record;
    while (rows.size() < most && reader.next(record))
      rows.push_back(read_row(*file, record, mapping(), options_.fixes));
  }
  return rows;
}

DataSet::Reader::Reader(const DataSet& data, DataPart part, const Progress& progress)
    : data_(&data), part_(part), files_(&data.files(part)) {
  if (part != DataPart::test) split_ = data.split(progress);
  if (part == DataPart::valid && split_) files_ = &data.files(DataPart::train);
  for (const auto& file : *files_) total_bytes_ += file->bytes();
}

bool DataSet::Reader::next_of_file() {
  while (file_ < files_->size()) {
    if (!reader_) reader_ = (*files_)[file_]->reader();
    if (reader_->next(record_)) {
      record_end_ = reader_->place().offset;
      return true;
    }
    bytes_before_ += file().bytes();
    record_end_ = 0;
    reader_.reset();
    ++file_;
  }
  return false;
}

bool DataSet::Reader::next() {
  while (next_of_file()) {
    row_ = next_row_++;
    if (!split_ || split_->contains(row_) == (part_ == DataPart::valid)) return true;
  }
  return false;
}

Row DataSet::Reader::read() const {
  return read_row(file(), record_, data_->mapping(), data_->options().fixes);
}

}  // namespace etna::training
