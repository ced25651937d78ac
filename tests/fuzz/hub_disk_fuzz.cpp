// What hub/ reads from a disk that others may write to: journals, the saved queue, records of checks, indices, links.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "hub/cache_scan.h"
#include "hub/download_row.h"
#include "hub/journal.h"
#include "hub/names.h"
#include "hub/verify.h"
#include "hub/verify_crc32c.h"
#include "hub/verify_records.h"
#include "tests/fuzz/fuzz.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

const std::string start = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string record(std::string_view content) {
  return little_endian(content.size(), 4) + little_endian(crc32c(0, std::as_bytes(std::span(content))), 4) +
         std::string(content);
}

void check_claims(const std::string& journal, const JournalSubject& subject) {
  const auto claims = Journal::parse(journal, subject, start);
  if (!claims) return;
  std::uint64_t after = 0;
  for (const ChunkClaim& claim : *claims) {
    fuzz::require(claim.chunk >= after, "claims are in order, one of each chunk");
    fuzz::require(claim.chunk < chunk_count(subject.size), "a claimed chunk is one of the file");
    fuzz::require(claim.bytes > 0 && claim.bytes <= chunk_size(subject.size, claim.chunk), "a claim fits its chunk");
    after = std::uint64_t{claim.chunk} + 1;
  }
}

/// Two bytes of size in MiB, then a journal as it is.
void read_journal(std::string_view text) {
  if (text.size() < 2) return;
  const auto mebibytes = static_cast<unsigned char>(text[0]) + 256u * static_cast<unsigned char>(text[1]);
  check_claims(std::string(text.substr(2)), {.blob = std::string(64, 'a'), .size = std::uint64_t{mebibytes} << 20});
}

/// The same, but records are pieces of the text (a byte of length each) with right lengths and checksums.
void read_records(std::string_view text) {
  if (text.size() < 2) return;
  const auto mebibytes = static_cast<unsigned char>(text[0]) + 256u * static_cast<unsigned char>(text[1]);
  const JournalSubject subject{.blob = std::string(64, 'a'), .size = (std::uint64_t{mebibytes} << 20) + 7};
  std::string journal =
      "ETNAJRN1" + record("S" + little_endian(subject.size, 8) + little_endian(subject.blob.size(), 4) + subject.blob);
  journal += record("B" + start);
  for (text.remove_prefix(2); !text.empty();) {
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(text.front()), text.size() - 1);
    journal += record(text.substr(1, size));
    text.remove_prefix(1 + size);
  }
  check_claims(journal, subject);
}

void read_queue(std::string_view text) {
  const SavedRows saved = rows_from_json(std::string(text), "fuzz");
  for (const DownloadRow& row : saved.rows) {
    fuzz::require(!wrong_with_repository_id(row.request.repository), "a saved repository is a usable one");
    fuzz::require(row.commit.empty() || is_commit(row.commit), "a saved commit may be a name");
    fuzz::require(row.id > 0 && row.id < saved.next_id, "ids to come are others");
    for (const DownloadRowFile& file : row.files) {
      fuzz::require(!wrong_with_file_name(file.file.path), "a saved path may be stored");
      fuzz::require(is_blob_name(file.file.blob), "a saved hash may be a name");
    }
    DownloadRow copy = row;
    static_cast<void>(copy.status({}, 1));
  }
  const std::string again = rows_to_json(saved.rows);
  const SavedRows same = rows_from_json(again, "fuzz");
  fuzz::require(same.rows.size() == saved.rows.size() && same.refused == 0, "what is saved is read");
  fuzz::require(rows_to_json(same.rows) == again, "and is the same");
}

void read_checks(std::string_view text) {
  static const fs::path file = fs::temp_directory_path() / ("etna-fuzz-records-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << text;
  const VerifyRecords records(file);
  if (const auto known = records.find(file)) fuzz::require(hash_kind(known->hash).has_value(), "a record is a hash");
  fs::remove(file);
}

void read_link(std::string_view text) {
  static const fs::path folder = fs::temp_directory_path() / ("etna-fuzz-link-" + std::to_string(::getpid()));
  const fs::path link = folder / "snapshots" / std::string(40, 'a') / "file";
  fs::create_directories(link.parent_path());
  const std::string target(text);
  if (::symlink(target.c_str(), link.c_str()) == 0) {
    if (const auto blob = linked_blob(link)) fuzz::require(is_blob_name(*blob), "a linked blob may be a name");
  }
  fs::remove_all(folder);
}

/// The first byte chooses the reader.
void read(char kind, std::string_view text) {
  switch (kind) {
    case 'j': read_journal(text); break;
    case 'c': read_records(text); break;
    case 'q': read_queue(text); break;
    case 'r': read_checks(text); break;
    case 'l': read_link(text); break;
    default:
      for (const std::string& path : missing_in_index({}, "sub/model.safetensors.index.json", std::string(text))) {
        fuzz::require(!wrong_with_file_name(path) && path.starts_with("sub/"), "a missing file may be asked for");
      }
  }
}

}  // namespace
}  // namespace etna::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = etna::fuzz::as_text(data, size);
  try {
    etna::hub::read(text.front(), text.substr(1));
  } catch (const etna::Error&) {
    // refused, as it should be
  }
  return 0;
}
