#include "hub/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/files.h"
#include "hub/verify_crc32c.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "ETNAJRN1";
constexpr std::size_t frame_bytes = 8;
constexpr std::size_t claim_bytes = 12;

/// A record per MiB of the longest file: nothing longer is ours.
constexpr std::size_t longest_journal = std::size_t{256} << 20;
constexpr std::size_t longest_payload = std::size_t{32} << 20;

enum class Record : std::uint8_t { subject = 'S', start = 'B', claims = 'C' };

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint64_t get(std::string_view& in, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(bytes);
  return value;
}

std::string framed(Record kind, std::string_view payload) {
  const std::string content = static_cast<char>(kind) + std::string(payload);
  std::string record;
  put(record, content.size(), 4);
  put(record, crc32c(0, std::as_bytes(std::span(content))), 4);
  return record + content;
}

/// Takes the next whole, intact record's content; none at the end and where the rest cannot be believed.
std::optional<std::string_view> take_record(std::string_view& in) {
  if (in.size() < frame_bytes) return std::nullopt;
  std::string_view rest = in;
  const std::uint64_t size = get(rest, 4);
  const std::uint64_t crc = get(rest, 4);
  if (size == 0 || size > longest_payload || size > rest.size()) return std::nullopt;
  const std::string_view content = rest.substr(0, size);
  if (crc32c(0, std::as_bytes(std::span(content))) != crc) return std::nullopt;
  in = rest.substr(size);
  return content;
}

std::string subject_payload(const JournalSubject& subject) {
  std::string payload;
  put(payload, subject.size, 8);
  put(payload, subject.blob.size(), 4);
  return payload + subject.blob;
}

std::string claims_payload(std::span<const ChunkClaim> claims, Durability durability) {
  std::string payload;
  put(payload, static_cast<std::uint8_t>(durability), 1);
  for (const ChunkClaim& claim : claims) {
    put(payload, claim.chunk, 4);
    put(payload, claim.bytes, 4);
    put(payload, claim.crc, 4);
  }
  return payload;
}

/// Claims by chunk while records are read in order.
class Table {
public:
  explicit Table(std::uint64_t size) : size_(size), claims_(chunk_count(size)) {}

  /// False if the record makes no sense: what follows is not believed either.
  bool add(std::string_view payload, bool same_start) {
    if (payload.size() < 1 || (payload.size() - 1) % claim_bytes != 0) return false;
    const std::uint64_t durability = get(payload, 1);
    if (durability > static_cast<std::uint8_t>(Durability::flushed)) return false;
    const bool holds = same_start || durability == static_cast<std::uint8_t>(Durability::flushed);
    while (!payload.empty()) {
      ChunkClaim claim;
      claim.chunk = static_cast<std::uint32_t>(get(payload, 4));
      claim.bytes = static_cast<std::uint32_t>(get(payload, 4));
      claim.crc = static_cast<std::uint32_t>(get(payload, 4));
      if (claim.chunk >= claims_.size() || claim.bytes > chunk_size(size_, claim.chunk)) return false;
      // A void claim that takes bytes back stays: what was there before was found to be wrong.
      if (holds || claim.bytes == 0) claims_[claim.chunk] = claim;
    }
    return true;
  }

  std::vector<ChunkClaim> claims() const {
    std::vector<ChunkClaim> result;
    std::ranges::copy_if(claims_, std::back_inserter(result), [](const ChunkClaim& claim) { return claim.bytes > 0; });
    return result;
  }

private:
  std::uint64_t size_;
  std::vector<ChunkClaim> claims_;
};

}  // namespace

std::uint32_t chunk_count(std::uint64_t size) {
  return static_cast<std::uint32_t>((std::min(size, longest_file) + chunk_bytes - 1) / chunk_bytes);
}

std::uint32_t chunk_size(std::uint64_t size, std::uint32_t chunk) {
  return static_cast<std::uint32_t>(std::min(chunk_bytes, size - chunk * chunk_bytes));
}

std::string system_start() {
  std::string text;
  try {
    // A file of the kernel: it says that it has no bytes.
    const disk::File file = disk::File::open_to_read("/proc/sys/kernel/random/boot_id");
    char buffer[64];
    const ssize_t count = ::pread(file.descriptor(), buffer, sizeof buffer, 0);
    if (count > 0) text.assign(buffer, static_cast<std::size_t>(count));
  } catch (const Error&) {
    return {};
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<std::vector<ChunkClaim>> Journal::read(const fs::path& file, const JournalSubject& subject,
                                                     std::string_view start) {
  std::string text;
  try {
    text = read_text_file(file, longest_journal);
  } catch (const Error& error) {
    if (error.code() == Errc::not_found || error.code() == Errc::corrupt) return std::nullopt;
    throw;
  }
  return parse(text, subject, start);
}

std::optional<std::vector<ChunkClaim>> Journal::parse(std::string_view rest, const JournalSubject& subject,
                                                      std::string_view start) {
  if (!rest.starts_with(magic)) return std::nullopt;
  rest.remove_prefix(magic.size());
  const auto first = take_record(rest);
  if (!first || *first != static_cast<char>(Record::subject) + subject_payload(subject)) return std::nullopt;

  Table table(subject.size);
  bool same_start = false;
  while (const auto record = take_record(rest)) {
    const std::string_view payload = record->substr(1);
    if (record->front() == static_cast<char>(Record::start)) {
      same_start = !start.empty() && payload == start;
    } else if (record->front() != static_cast<char>(Record::claims) || !table.add(payload, same_start)) {
      break;
    }
  }
  return table.claims();
}

fs::path Journal::temporary_name(const fs::path& file) {
  return fs::path(file) += "-new";
}

Journal Journal::create(const fs::path& file, const JournalSubject& subject, std::span<const ChunkClaim> claims,
                        std::string_view start) {
  std::string content(magic);
  content += framed(Record::subject, subject_payload(subject));
  content += framed(Record::start, start);
  if (!claims.empty()) content += framed(Record::claims, claims_payload(claims, Durability::flushed));
  disk::write_whole(file, content, temporary_name(file));
  disk::File opened(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW), file);
  if (!opened) disk::fail_with(errno, file, "cannot be written");
  return Journal(std::move(opened));
}

void Journal::append(std::span<const ChunkClaim> claims, Durability durability) {
  if (claims.empty()) return;
  const std::string record = framed(Record::claims, claims_payload(claims, durability));
  std::string_view rest = record;
  while (!rest.empty()) {
    const ssize_t count = ::write(file_.descriptor(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) disk::fail_with(errno, file_.path(), "cannot be written");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (durability == Durability::flushed) file_.flush();
}

}  // namespace etna::hub
