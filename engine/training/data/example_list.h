#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/progress.h"
#include "engine/training/data/data_set.h"

namespace etna::training {

/// Tokens of an example that are learned once it is cut to `limit` tokens.
std::int64_t learned_tokens(const Example& example, std::int64_t limit);

/// The rows of a part that are learned from, as tokens on demand: 8 bytes of each stay in memory, and the tokens
/// themselves while all of them are at most 32 Mi. One thread at a time.
class ExampleList {
public:
  /// Reads all rows of a part once, for their lengths. Rows are left out as the data set's fixes say, rows with empty
  /// texts or nothing to learn always; `skip_long` leaves out those of more than `limit` tokens.
  /// Throws corrupt, naming file, line and field, for a row that no fix was chosen for; template_error; io; cancelled.
  static std::shared_ptr<ExampleList> read(std::shared_ptr<const DataSet> data, DataPart part,
                                           std::shared_ptr<const ExampleEncoder> encoder, std::int64_t limit,
                                           const Progress& progress = {});

  std::size_t size() const { return rows_.size(); }

  /// Tokens of an example, before it is cut.
  std::int64_t length(std::size_t index) const { return lengths_[index]; }

  /// Its row of the part, from 0.
  std::uint64_t row(std::size_t index) const { return rows_[index]; }

  std::uint64_t tokens() const { return tokens_; }  ///< of all

  std::uint64_t skipped() const { return skipped_; }  ///< rows that are not among them

  Example example(std::size_t index) const;

  /// Of everything that was read: changes with any byte of a row that counts and with the template (T6).
  const std::string& fingerprint() const { return fingerprint_; }

private:
  ExampleList() = default;

  std::shared_ptr<const DataSet> data_;
  DataPart part_ = DataPart::train;
  std::shared_ptr<const ExampleEncoder> encoder_;
  std::vector<std::uint32_t> rows_, lengths_;
  std::vector<Example> kept_;  // empty where there are too many
  std::uint64_t tokens_ = 0, skipped_ = 0;
  std::string fingerprint_;
};

}  // namespace etna::training
