#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/io/tensor_source.h"
#include "engine/models/decoder.h"

namespace etna {

/// Where the layers of a model lie when not all of them fit a graphics device. The processor has the table of tokens and
/// the first layers, the device the last layers, the last norm and the output layer:
///
///   ids → table → first layers │ hidden rows │ last layers → norm → output layer → pick → id
///          processor           │  host memory │                device
///
/// Why this way round: a token reads one row of the table, which costs the processor a page of the file and would cost the
/// device all of it. The output layer is read whole for every token, so a byte of it on the device saves at least as much
/// as a byte of a layer (in a mixture more: a token reads few of its experts), and drafts and scores read it for every
/// position. With the last layers beside it the hidden rows cross over once and an id comes back, not a vocabulary of
/// logits. (llama.cpp places them alike.) What it costs: prompts ask the output layer for one position only, so there its
/// memory would serve another layer or two better. A tied table is stored once and serves both sides: the processor looks
/// rows up in the pages of the file.
struct LayerPlacement {
  std::int64_t layers = 0;
  std::int64_t on_device = 0;  ///< 0: all is the processor's; `layers`: all but the table of tokens is the device's

  std::int64_t first_on_device() const { return layers - on_device; }
};

/// Throws invalid_argument, naming both numbers, unless 0 ≤ on_device ≤ layers.
void check_placement(const LayerPlacement& placement);

/// What one place of the model takes, and what it reads for one token.
struct PartBytes {
  std::uint64_t stored = 0;
  std::uint64_t read = 0;  ///< per token: one row of a table, the chosen experts of a mixture, all of the rest

  PartBytes& operator+=(const PartBytes& other);
};

/// A model's weights by where they belong, as the file stores them.
struct ModelBytes {
  PartBytes table;                ///< of tokens and, where there is one, of positions
  PartBytes head;                 ///< last norm and output layer; of a tied model the table of tokens, once more
  std::uint64_t tied = 0;         ///< bytes that `table` and `head` share: where both lie together they take them once
  std::vector<PartBytes> layers;
  std::uint64_t unused = 0;       ///< of files of models that also see or hear: what a language model leaves out

  std::uint64_t stored() const;   ///< of the whole model, `unused` left out
};

/// A tensor of a file, for what needs no more than its header.
struct TensorSize {
  std::string name;
  std::uint64_t bytes = 0;
};

/// Sorts tensors by their names; cheap, and no backend is needed.
ModelBytes measure_model(const DecoderSettings& settings, std::span<const TensorSize> tensors);
ModelBytes measure_model(const DecoderSettings& settings, const TensorSource& tensors);

/// The tensors that a part of a model loads.
std::vector<const StoredTensor*> tensors_of(const DecoderSettings& settings, const TensorSource& tensors, const DecoderPart& part);

/// The parts of a model that lies in two places, first that of the processor.
struct PlacedParts {
  DecoderPart processor;
  DecoderPart device;
};

/// `placement`: some layers on the device.
PlacedParts placed_parts(const LayerPlacement& placement);

/// What the two sides take and read with a placement.
struct PlacedBytes {
  PartBytes device;
  PartBytes processor;
};

/// `cache`: bytes of each layer's KV cache, counted as stored and as read; empty: weights alone.
PlacedBytes placed_bytes(const ModelBytes& model, const LayerPlacement& placement, std::span<const std::uint64_t> cache = {});

/// The same with all of the model in one place, the table of tokens too.
PartBytes bytes_in_one_place(const ModelBytes& model, std::span<const std::uint64_t> cache = {});

/// How fast weights are read, in bytes a second.
struct ReadSpeeds {
  double device = 0;
  double processor = 0;
};

/// Expected time of a token relative to the whole model on the device: decoding takes as long as reading what a token needs,
/// one side after the other, plus the hand-over. 1: no slower. `cache`: bytes that each layer reads of its KV cache.
double expected_slowdown(const ModelBytes& model, const LayerPlacement& placement, const ReadSpeeds& speeds,
                         std::span<const std::uint64_t> cache = {});

}  // namespace etna
