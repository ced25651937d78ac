#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hub/api.h"

/// Headers of weight files, read by ranged requests: what a repository holds before anything is downloaded
/// (hub.md §4.5). Plain values: nothing here knows what the tensors mean.
namespace etna::hub {

struct TensorEntry {
  std::string name;
  std::string dtype;  ///< the format's own word: "BF16", "U32"
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  ///< sorted by place in the file
  std::map<std::string, std::string> metadata;
  std::uint64_t header_bytes = 0;  ///< with the eight bytes of its length: where data begins
};

/// Bytes of a header that begins with these eight (its length and itself); corrupt if over 8 MiB or beyond the file.
std::uint64_t safetensors_header_bytes(std::span<const std::byte> first_eight, std::uint64_t file_size,
                                       std::string_view where);

/// Parses a whole header. Throws corrupt, naming `where` and the tensor: offsets outside the file or overlapping,
/// sizes that contradict shape and dtype, numbers that overflow.
SafetensorsHeader parse_safetensors_header(std::string_view bytes, std::uint64_t file_size, std::string_view where);

/// The header of a remote file: one ranged request, two when it is long.
SafetensorsHeader read_safetensors_header(const HubApi& api, const std::string& id, const std::string& commit,
                                          const TreeFile& file, const std::stop_token& stop = {});

/// What the head of a GGUF file says; the caller's engine reads the rest out of `bytes`.
struct GgufHead {
  std::vector<std::uint8_t> bytes;  ///< the file up to the end of its tensor table
  std::uint64_t file_bytes = 0;
  std::string architecture;          ///< general.architecture
  std::string name;                  ///< general.name
  std::uint64_t file_type = 0;       ///< general.file_type; 0 if absent
  std::uint64_t context_length = 0;  ///< <architecture>.context_length
  std::uint64_t split_number = 0;    ///< split.no: of a part, from 0
  std::uint64_t split_count = 0;     ///< split.count; 0 or 1: whole
  bool has_chat_template = false;
  std::uint64_t tensors = 0;
};

/// Reads as much of a GGUF head as there is: nothing if more bytes are needed, else the head (`bytes` of exact length).
/// Throws corrupt as soon as the bytes contradict the format or its limits (keys 100 000, tensors 1 000 000, arrays
/// 4 000 000 items, strings 10 MB, nesting 4); unsupported for big-endian and version 1 files.
std::optional<GgufHead> parse_gguf_head(std::span<const std::byte> bytes, std::uint64_t file_size,
                                        std::string_view where);

/// The head of a remote file: 2 MiB, then 6 MiB at a time, at most 26 MiB (corrupt beyond).
GgufHead read_gguf_head(const HubApi& api, const std::string& id, const std::string& commit, const TreeFile& file,
                        const std::stop_token& stop = {});

/// The heads of all parts of a model, in their order (ModelVersion::weight_files); one file is a model of one part. The
/// first, which has the metadata, as above; each further one, which lists tensors only, mostly takes one request of
/// 256 KiB. Throws corrupt as above, for parts that say they are others, and where the heads have over 26 MiB in all.
std::vector<GgufHead> read_gguf_heads(const HubApi& api, const std::string& id, const std::string& commit,
                                      std::span<const TreeFile> files, const std::stop_token& stop = {});

}  // namespace etna::hub
