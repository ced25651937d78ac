#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/base/progress.h"
#include "engine/generation/runner.h"
#include "engine/io/prompt_cache_file.h"
#include "engine/session/messages.h"

namespace etna {

/// What a runner's only row holds as a file of mlx-lm's format, all of its tokens. Layers with a window are written as
/// RotatingKVCache, packed ones as QuantizedKVCache; what mlx-lm has no class for (packed windows, keys and values of
/// different widths) is unpacked: its model goes on with it, ours packs it again. Throws io; invalid_argument for a row
/// without tokens.
void write_context(Runner& runner, const std::filesystem::path& path, const std::map<std::string, std::string>& metadata);

/// What a runner's contexts are like, as values: for threads that do not own it.
struct ContextForm {
  std::string fingerprint;           ///< of the model's weights
  std::int64_t capacity = 0;
  std::int64_t packed_from = 0;      ///< texts of so many tokens are packed; 0: all are as `formats` says
  std::vector<RowFormat> formats;    ///< of layers; of long texts
  std::vector<RowFormat> short_formats;  ///< of shorter ones
  std::vector<LayerNeed> needs;

  static ContextForm of(const Runner& runner, std::string fingerprint);
  const std::vector<RowFormat>& formats_at(std::int64_t length) const { return length >= packed_from ? formats : short_formats; }
};

/// Whether a runner can go on from the file: its layers, heads and windows. No rows are read.
SnapshotFit check_fit(const ContextForm& form, const PromptCacheFile& file);
inline SnapshotFit check_fit(const Runner& runner, const PromptCacheFile& file) { return check_fit(ContextForm::of(runner, {}), file); }

/// The same of a snapshot, whose model is known by its weights.
SnapshotFit check_fit(const ContextForm& form, const SnapshotInfo& snapshot);

/// Restores the row to the file's text, for one that grows to `text_length`. Rows of the same type are taken as they are;
/// others are rounded, packed or unpacked. Throws invalid_argument where check_fit says no, or when the file is longer than
/// the context; corrupt for rows with numbers that are not finite; io; cancelled between layers.
void read_context(Runner& runner, const PromptCacheFile& file, std::int64_t text_length, const Progress& progress = {});

/// By the header alone.
PromptCacheFileInfo describe(const PromptCacheFile& file);

/// Ids that the file says its text has; empty: it does not say. Throws corrupt when they are not as many as its tokens.
std::vector<std::int32_t> token_ids(const PromptCacheFile& file);

/// The messages that the file says its text was made of; empty: it does not say. Throws corrupt for what cannot be messages.
std::vector<ChatMessage> saved_messages(const PromptCacheFile& file);
std::string messages_text(const std::vector<ChatMessage>& messages);

/// "[1, 2, 3]": how files keep them.
std::string ids_text(std::span<const std::int32_t> ids);

// What Etna's files say beside mlx-lm's "model" and "tokenizer_config".
inline constexpr const char* ids_key = "token_ids";
inline constexpr const char* name_key = "name";
inline constexpr const char* fingerprint_key = "fingerprint";
inline constexpr const char* template_key = "chat_template";
inline constexpr const char* saved_key = "saved";
inline constexpr const char* messages_key = "messages";

}  // namespace etna
