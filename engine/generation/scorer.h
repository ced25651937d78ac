#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/generation/rope_tables.h"
#include "engine/generation/runner.h"

namespace etna {

/// How likely a model finds given texts: log-probabilities of their tokens, computed on the device. Of each position one
/// number comes back instead of a vocabulary's logits.
class Scorer {
public:
  static constexpr std::int64_t group_size = 64;  ///< positions whose logits exist at a time: vocabularies are large

  /// `options`: batch and capacity are the texts of one call and their tokens; caches are kept as they say. Throws
  /// out_of_memory, and what Runner throws.
  Scorer(std::vector<ModelPart> parts, std::int64_t vocab_size, const RunnerOptions& options);
  Scorer(const Model& model, Backend& backend, OwnerId owner, std::int64_t vocab_size, const RunnerOptions& options)
      : Scorer(std::vector<ModelPart>{{&model, &backend, owner}}, vocab_size, options) {}
  ~Scorer();

  /// `texts`: batch · length ids, one text after the other; 2 ≤ length ≤ capacity. Returns ln p of every token but each
  /// text's first, given those before it: batch · (length - 1) numbers. Throws cancelled between pieces, corrupt where
  /// the model's logits are no numbers.
  std::vector<float> score(std::span<const std::int32_t> texts, const Progress& progress = {});

private:
  struct Piece;  // plans for so many positions of every text

  Piece& piece(std::int64_t length);
  void score_piece(Piece& piece, std::span<const std::int32_t> texts, std::int64_t begin, std::span<float> scores);

  std::vector<ModelPart> parts_;
  std::int64_t vocab_size_;
  RunnerOptions options_;
  RopeTables ropes_;
  std::vector<nn::KvCache> caches_;
  std::vector<std::unique_ptr<Piece>> pieces_;  // a whole one, and a text's last
};

}  // namespace etna
