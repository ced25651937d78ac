#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace etna::nn {

/// How positions become angles; only what the type needs is read. Sources: arXiv:2104.09864 (default), 2306.15595
/// (linear), 2309.00071 (yarn, dynamic), 2402.13753 (longrope), Llama 3.1's release (llama3); transformers'
/// conventions throughout.
struct RopeSettings {
  std::string type = "default";  ///< default, linear, dynamic, llama3, yarn, longrope, proportional
  std::int64_t dimensions = 0;   ///< elements of a head that rotate
  double theta = 10000;
  double factor = 1;
  double original_max_position_embeddings = 8192;  ///< the length the model was first trained for

  double low_freq_factor = 1;   // llama3
  double high_freq_factor = 4;  // llama3

  double beta_fast = 32;  // yarn
  double beta_slow = 1;
  bool truncate = true;  ///< round the range of corrected dimensions
  std::optional<double> mscale, mscale_all_dim;

  std::vector<double> short_factor, long_factor;  // longrope, dimensions / 2 each
  std::optional<double> attention_factor;         // yarn, longrope: given instead of computed
  double rotated_share = 1;                       ///< proportional: pairs beyond it stand still

  /// For each pair a divisor of its frequency, from a file; empty: none.
  std::vector<double> divisors;

  bool adjacent_pairs = false;  ///< elements 2i and 2i + 1 turn together, else i and i + dimensions / 2
  bool operator==(const RopeSettings&) const = default;
};

constexpr std::int64_t any_length = std::numeric_limits<std::int64_t>::max();

/// The angles for texts of a given length.
struct RopeTable {
  std::vector<float> frequencies;        ///< radians per position of each pair
  std::int64_t longest = any_length;     ///< longest text this table is right for
  bool operator==(const RopeTable&) const = default;
};

/// Throws unsupported for other types, corrupt for factors of the wrong number.
RopeTable rope_table(const RopeSettings& settings, std::int64_t text_length);

/// What rotated elements are multiplied by: YaRN's and longrope's correction of attention.
float rope_magnitude(const RopeSettings& settings);

/// Whether keys rotated by an older table are wrong once a text outgrows it (longrope: transformers reads the whole
/// text again with the other factors; dynamic keeps them).
bool rereads_longer_texts(const RopeSettings& settings);

}  // namespace etna::nn
