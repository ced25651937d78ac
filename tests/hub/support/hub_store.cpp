#include "tests/hub/support/hub_store.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace etna::test {

namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

class Hasher {
public:
  explicit Hasher(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }

  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string finish() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    return hex(digest, size);
  }

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string hashed(const EVP_MD* kind, std::string_view bytes) {
  Hasher hasher(kind);
  hasher.add(bytes);
  return hasher.finish();
}

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

Source pattern(std::uint64_t seed) {
  return [seed](std::uint64_t offset, std::span<char> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const std::uint64_t at = offset + done;
      const std::uint64_t word = mixed(seed * 0x100000001B3u + at / 8);
      const std::size_t part = std::min<std::size_t>(8 - at % 8, bytes.size() - done);
      std::memcpy(bytes.data() + done, reinterpret_cast<const char*>(&word) + at % 8, part);
      done += part;
    }
  };
}

void make_lfs(Blob& blob) {
  blob.lfs = true;
  blob.xet_hash = sha256_hex("xet" + blob.sha256);
  blob.pointer = fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", blob.sha256, blob.size);
  blob.oid = git_blob_hash(blob.pointer);
}

}  // namespace

std::string sha1_hex(std::string_view bytes) { return hashed(EVP_sha1(), bytes); }

std::string sha256_hex(std::string_view bytes) { return hashed(EVP_sha256(), bytes); }

std::string git_blob_hash(std::string_view bytes) {
  Hasher hasher(EVP_sha1());
  hasher.add(fmt::format("blob {}", bytes.size()));
  hasher.add(std::string_view("\0", 1));
  hasher.add(bytes);
  return hasher.finish();
}

std::string base64_encoded(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

std::string base64_decoded(std::string_view text) {
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("not base64");
  const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string Blob::text() const {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  source(0, bytes);
  return bytes;
}

BlobRef make_blob(std::string bytes, bool lfs) {
  auto blob = std::make_shared<Blob>();
  blob->size = bytes.size();
  blob->sha256 = sha256_hex(bytes);
  blob->oid = git_blob_hash(bytes);
  if (lfs) make_lfs(*blob);
  blob->source = [kept = std::move(bytes)](std::uint64_t offset, std::span<char> out) {
    std::memcpy(out.data(), kept.data() + offset, out.size());
  };
  return blob;
}

BlobRef make_unhashed_blob(std::uint64_t size, std::uint64_t seed) {
  auto blob = std::make_shared<Blob>();
  blob->size = size;
  blob->sha256 = sha256_hex(fmt::format("{} {}", size, seed));
  blob->source = pattern(seed);
  make_lfs(*blob);
  return blob;
}

BlobRef make_pattern_blob(std::uint64_t size, std::uint64_t seed) {
  auto blob = std::make_shared<Blob>();
  blob->size = size;
  blob->source = pattern(seed);
  Hasher hasher(EVP_sha256());
  std::string buffer;
  for (std::uint64_t at = 0; at < size; at += buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - at, std::uint64_t{1} << 20)));
    blob->source(at, buffer);
    hasher.add(buffer);
  }
  blob->sha256 = hasher.finish();
  make_lfs(*blob);
  return blob;
}

bool is_lfs_name(std::string_view path, std::uint64_t size) {
  constexpr std::array endings = {".safetensors", ".gguf", ".bin", ".pt", ".onnx"};
  return size > 0 && (size >= (std::uint64_t{10} << 20) ||
                      std::ranges::any_of(endings, [&](const char* ending) { return path.ends_with(ending); }));
}

const Commit* Repository::find(std::string_view revision) const {
  if (revision == "HEAD") revision = "main";
  if (revision.starts_with("refs/heads/")) revision.remove_prefix(11);
  const auto ref = refs.find(std::string(revision));
  const std::string_view wanted = ref == refs.end() ? revision : std::string_view(ref->second);
  const auto found = std::ranges::find_if(commits, [&](const Commit& commit) {
    return commit.id == wanted || (wanted.size() >= 7 && commit.id.starts_with(wanted));
  });
  return found == commits.end() ? nullptr : &*found;
}

const Commit& Repository::commit(std::map<std::string, BlobRef> files, const std::string& title, const std::string& branch,
                                 std::string commit_id) {
  std::string text = id + title + std::to_string(commits.size());
  for (const auto& [path, blob] : files) text += path + blob->etag();
  if (commit_id.empty()) commit_id = sha1_hex(text);
  commits.push_back({commit_id, title, std::move(files)});
  refs[branch] = commit_id;
  return commits.back();
}

}  // namespace etna::test
