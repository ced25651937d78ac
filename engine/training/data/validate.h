#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/progress.h"
#include "engine/training/data/data_set.h"
#include "engine/training/data/length_histogram.h"

namespace etna::training {

/// What is known of a part so far.
struct PartReport {
  std::uint64_t rows = 0;            ///< looked at
  std::uint64_t usable = 0;          ///< of them, learned from with the fixes that were chosen
  std::uint64_t learned_tokens = 0;  ///< of those, what is learned once they are cut
  LengthHistogram lengths;           ///< of those, before they are cut
};

struct ValidationReport {
  PartReport train, valid, test;
  std::vector<Finding> findings;  ///< errors first, then warnings; of one part, check and field at most one
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  bool complete = false;

  /// Whether some finding forbids to begin.
  bool has_errors() const;

  const PartReport& part(DataPart part) const;
};

struct ValidationRequest {
  std::int64_t max_sequence_length = 2048;

  /// What a longer limit costs, for "Raise to 3 072 (+1.2 GiB)"; none: nothing is said.
  std::function<std::uint64_t(std::int64_t from, std::int64_t to)> extra_bytes = {};
};

/// Looks at every row of every part, one after the other, with bounded memory: what a row says is told apart from
/// others by 8 bytes, of at most 8 Mi rows. `seen` is given what is known every few thousand rows and at the end.
/// `encoder` may be null where there is no model yet: lengths are not known then. Throws io; cancelled. What is wrong
/// with rows is never thrown.
ValidationReport validate(const DataSet& data, const ExampleEncoder* encoder, const ValidationRequest& request,
                          const std::function<void(const ValidationReport&)>& seen = {}, const Progress& progress = {});

}  // namespace etna::training
