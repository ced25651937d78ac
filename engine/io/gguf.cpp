#include "engine/io/gguf.h"

#include <fmt/core.h>

#include <optional>

#include "engine/io/quote.h"

namespace etna {

namespace {

/// What a part's metadata says of the whole.
struct Split {
  std::int64_t number = 0;  ///< of the part, from 0
  std::int64_t count = 1;
  std::optional<std::int64_t> tensors;  ///< of all parts
};

Split split_of(const GgufMetadata& metadata) {
  Split split{.number = metadata.integer("split.no").value_or(0),
              .count = metadata.integer("split.count").value_or(1),
              .tensors = metadata.integer("split.tensors.count")};
  if (split.count == 0) split.count = 1;  // written so by some tools for a file that is whole
  constexpr std::int64_t most = 99999;    // names have five digits
  if (split.count < 0 || split.count > most) {
    fail(Errc::corrupt, "{}: metadata key \"split.count\" is {}", metadata.where(), split.count);
  }
  if (split.number < 0 || split.number >= split.count) {
    fail(Errc::corrupt, "{}: metadata key \"split.no\" is {}, but there are {} parts", metadata.where(), split.number,
         split.count);
  }
  return split;
}

/// "name" of "name-00002-of-00003.gguf", where the numbers are those of the metadata.
std::string split_stem(const std::filesystem::path& path, const Split& split) {
  const std::string name = path.filename().string();
  const std::string ending = fmt::format("-{:05}-of-{:05}.gguf", split.number + 1, split.count);
  if (!name.ends_with(ending)) {
    fail(Errc::corrupt, "{}: part {} of {} of a split model must be named like \"name{}\" for the others to be found",
         path.string(), split.number + 1, split.count, ending);
  }
  return name.substr(0, name.size() - ending.size());
}

GgufHeader read_header(const MappedFile& file) {
  try {
    return parse_gguf_header(file.bytes(), file.path().string());
  } catch (const Error&) {
    check_mapped_file(file.bytes().data());  // a disk that fails shows a header of zeros
    throw;
  }
}

}  // namespace

void GgufFile::add_part(std::shared_ptr<const MappedFile> file, std::size_t parts) {
  const auto bytes = file->bytes();
  const std::string where = file->path().string();
  GgufHeader header = read_header(*file);
  const Split split = split_of(header.metadata);
  if (split.number != static_cast<std::int64_t>(parts_.size()) || split.count != static_cast<std::int64_t>(parts)) {
    fail(Errc::corrupt, "{}: is part {} of {} by its metadata, and not part {} of {}", where, split.number + 1,
         split.count, parts_.size() + 1, parts);
  }
  for (GgufTensorInfo& info : header.tensors) {
    GgufTensor tensor;
    const GgmlFormat& format = format_of(info.type);
    if (!index_.emplace(info.name, tensors_.size()).second) {
      fail(Errc::corrupt, "{}: tensor {} is in another part of the model too", where, quote(info.name));
    }
    tensor.name = std::move(info.name);
    tensor.stored_dtype = format.name;
    tensor.dtype = format.dtype;
    tensor.shape = std::move(info.shape);
    tensor.bytes = bytes.subspan(static_cast<std::size_t>(info.offset), static_cast<std::size_t>(info.bytes));
    tensor.file = where;
    tensor.keep_alive = file;
    tensor.mapping = bytes;
    tensor.type = info.type;
    tensor.offset = info.offset;
    tensors_.push_back(std::move(tensor));
  }
  if (parts_.empty()) metadata_ = std::move(header.metadata);
  parts_.push_back(std::move(file));
}

std::shared_ptr<const GgufFile> GgufFile::open(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  const Split split = split_of(read_header(*file).metadata);
  if (split.count == 1) return read({std::move(file)});
  const std::string stem = split_stem(path, split);
  std::vector<std::shared_ptr<const MappedFile>> parts;
  for (std::int64_t number = 0; number < split.count; ++number) {
    parts.push_back(
        MappedFile::open(path.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", stem, number + 1, split.count)));
  }
  return read(std::move(parts));
}

std::shared_ptr<const GgufFile> GgufFile::read(std::vector<std::shared_ptr<const MappedFile>> parts) {
  if (parts.empty()) fail(Errc::invalid_argument, "gguf: a model of no parts");
  std::shared_ptr<GgufFile> whole(new GgufFile);
  for (auto& part : parts) whole->add_part(std::move(part), parts.size());
  const auto tensors = split_of(whole->metadata_).tensors;
  if (parts.size() > 1 && tensors && *tensors != static_cast<std::int64_t>(whole->tensors_.size())) {
    fail(Errc::corrupt, "{}: metadata key \"split.tensors.count\" is {}, but the parts have {} tensors",
         whole->path().string(), *tensors, whole->tensors_.size());
  }
  return whole;
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const GgufTensor& GgufFile::at(std::string_view name) const {
  const GgufTensor* tensor = find(name);
  if (tensor == nullptr) fail(Errc::not_found, "{}: no tensor named {}", path().string(), quote(name));
  return *tensor;
}

}  // namespace etna
