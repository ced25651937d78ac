#include "hub/verify.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/error.h"
#include "hub/disk.h"

namespace etna::hub {

namespace {

constexpr std::size_t read_bytes = std::size_t{1} << 20;

}  // namespace

struct StreamHash::State {
  State() : context(EVP_MD_CTX_new()) {
    if (!context) fail(Errc::out_of_memory, "hash: no memory for its state");
  }

  ~State() { EVP_MD_CTX_free(context); }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  EVP_MD_CTX* context;
};

std::optional<HashKind> hash_kind(std::string_view hash) {
  const bool hex = std::ranges::all_of(hash, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (hex && hash.size() == 64) return HashKind::sha256;
  if (hex && hash.size() == 40) return HashKind::git_sha1;
  return std::nullopt;
}

StreamHash::StreamHash(HashKind kind, std::uint64_t size) : state_(std::make_unique<State>()) {
  const EVP_MD* algorithm = kind == HashKind::sha256 ? EVP_sha256() : EVP_sha1();
  if (EVP_DigestInit_ex(state_->context, algorithm, nullptr) != 1) {
    fail(Errc::unsupported, "hash: the cryptography library refuses {}",
         kind == HashKind::sha256 ? "SHA-256" : "SHA-1");
  }
  if (kind == HashKind::git_sha1) {
    const std::string start = fmt::format("blob {}", size);
    update(std::as_bytes(std::span(start.c_str(), start.size() + 1)));
  }
}

StreamHash::~StreamHash() = default;

StreamHash::StreamHash(const StreamHash& other) : state_(std::make_unique<State>()) {
  *this = other;
}

StreamHash& StreamHash::operator=(const StreamHash& other) {
  if (this != &other && EVP_MD_CTX_copy_ex(state_->context, other.state_->context) != 1) {
    fail(Errc::out_of_memory, "hash: its state cannot be copied");
  }
  return *this;
}

void StreamHash::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) fail(Errc::io, "hash: update failed");
}

std::string StreamHash::hex() const {
  const StreamHash copy(*this);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(copy.state_->context, digest.data(), &size) != 1) fail(Errc::io, "hash: end failed");
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string hash_file(const std::filesystem::path& file, HashKind kind, const Progress& progress) {
  const disk::File input = disk::File::open_to_read(file);
  const std::uint64_t size = input.size();
  StreamHash hash(kind, size);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, read_bytes)));
  for (std::uint64_t at = 0; at < size;) {
    progress.check("checking a file");
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer.size()));
    input.read_at(at, std::span(buffer).first(count));
    hash.update(std::span(buffer).first(count));
    at += count;
    progress(at, size);
  }
  return hash.hex();
}

}  // namespace etna::hub
