#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/progress.h"
#include "engine/generation/token_picker.h"
#include "engine/session/model_host.h"

namespace etna {

/// Loads a small model that guesses for `target`: same device, same context, same type of activations. Throws what
/// ModelHost::load throws; not_found where one of them has no tokenizer, invalid_argument where their vocabularies differ.
std::unique_ptr<ModelHost> load_draft_model(ModelHost& target, const std::filesystem::path& path,
                                            const Progress& progress);

/// What the draft model would say after `text`: `count` tokens, or none where the text does not fit it. What its cache
/// already holds of the text is not read again. Tokens are picked as the target picks (`picker` is a copy of its own): the
/// same draw of both is what makes guesses right that are not certain. `vocab_size` is the number of the target's logits.
std::vector<std::int32_t> draft_tokens(ModelHost& draft, std::span<const std::int32_t> text, std::size_t count,
                                       TokenPicker picker, std::size_t vocab_size, const Progress& progress);

}  // namespace etna
