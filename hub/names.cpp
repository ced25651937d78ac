#include "hub/names.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna::hub {

namespace {

constexpr std::size_t longest_segment = 255;
constexpr std::size_t longest_path = 1024;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == text.npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

/// Characters that change how a name looks, or that terminals and file systems act on.
bool is_deceptive(char32_t value) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(value))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:  // bidi marks, zero-width characters, soft hyphen, tags
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CS: return true;
    default: return false;
  }
}

/// Normal form C, perhaps with case folded away. The text is valid UTF-8.
std::string normalized(std::string_view text, bool fold) {
  utf8proc_uint8_t* result = nullptr;
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | (fold ? UTF8PROC_CASEFOLD : 0));
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &result, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(size)};
}

/// "CON", "nul.txt", "COM1.tar.gz" …: names that Windows gives to devices, with any extension.
bool is_device_name(std::string_view segment) {
  const std::string stem = lower_ascii(segment.substr(0, segment.find('.')));
  constexpr std::array devices = {"con", "prn", "aux", "nul", "conin$", "conout$"};
  if (std::ranges::find(devices, stem) != devices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' && stem[3] <= '9';
}

std::optional<std::string> wrong_with_segment(std::string_view segment) {
  if (segment.empty()) return "has an empty segment";
  if (segment == "." || segment == "..") return fmt::format("has a segment \"{}\"", segment);
  if (segment.size() > longest_segment) return fmt::format("has a segment of more than {} bytes", longest_segment);
  if (segment.back() == '.' || segment.back() == ' ') return "has a segment that ends in a dot or a space";
  if (segment.front() == ' ') return "has a segment that begins with a space";
  if (is_device_name(segment)) return "has a segment that names a device on Windows";
  if (lower_ascii(segment) == ".git") return "has a segment \".git\"";
  return std::nullopt;
}

std::optional<std::string> wrong_with_characters(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const utf8::CodePoint point = utf8::decode(text, at);
    if (!point.valid) return "is not UTF-8";
    if (point.value == '\\' || point.value == ':') return fmt::format("has a '{}'", static_cast<char>(point.value));
    if (is_deceptive(point.value)) return "has control, bidirectional or invisible characters";
    at += point.size;
  }
  return std::nullopt;
}

void check(std::optional<std::string> wrong, std::string_view kind, std::string_view name) {
  if (wrong) fail(Errc::corrupt, "{} \"{}\" {}", kind, escaped_name(name), *wrong);
}

std::optional<std::string> wrong_with_id_part(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part.size() > 96) return "has a part of more than 96 characters";
  if (!std::ranges::all_of(part, [](char c) { return is_word(c) || c == '.' || c == '-'; })) {
    return "has characters other than letters, digits, '_', '.' and '-'";
  }
  if (!is_word(part.front()) || !is_word(part.back())) return "has a part that begins or ends with '.' or '-'";
  if (part.find("--") != part.npos || part.find("..") != part.npos) return "has \"--\" or \"..\"";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> wrong_with_repository_id(std::string_view id) {
  const auto parts = split(id.substr(0, 256));
  if (parts.size() > 2) return "has more than one '/'";
  for (const std::string_view part : parts) {
    if (auto wrong = wrong_with_id_part(part)) return wrong;
  }
  if (id.ends_with(".git")) return "ends in \".git\"";
  return std::nullopt;
}

void check_repository_id(std::string_view id) {
  check(wrong_with_repository_id(id), "the repository name", id);
}

std::optional<std::string> wrong_with_revision(std::string_view revision) {
  if (revision.empty()) return "is empty";
  if (revision.size() > longest_segment) return fmt::format("has more than {} bytes", longest_segment);
  if (auto wrong = wrong_with_characters(revision)) return wrong;
  if (revision.find_first_of(" ~^?*[") != revision.npos) return "has characters that git refuses";
  if (revision.find("..") != revision.npos || revision.find("@{") != revision.npos) return "has \"..\" or \"@{\"";
  for (const std::string_view segment : split(revision)) {
    if (auto wrong = wrong_with_segment(segment)) return wrong;
    if (segment.starts_with('.') || segment.ends_with(".lock")) return "has a segment that git refuses";
  }
  return std::nullopt;
}

void check_revision(std::string_view revision) {
  check(wrong_with_revision(revision), "the revision", revision);
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && is_hex(text);
}

void check_commit(std::string_view text) {
  if (!is_commit(text)) fail(Errc::corrupt, "the commit \"{}\" is not 40 hexadecimal digits", escaped_name(text, 80));
}

bool is_blob_name(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

void check_blob_name(std::string_view text) {
  if (!is_blob_name(text)) {
    fail(Errc::corrupt, "the ETag \"{}\" is not 40 or 64 hexadecimal digits", escaped_name(text, 80));
  }
}

std::optional<std::string> wrong_with_file_name(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > longest_path) return fmt::format("has more than {} bytes", longest_path);
  if (path.front() == '/') return "is absolute";
  if (auto wrong = wrong_with_characters(path)) return wrong;
  const auto segments = split(path);
  for (const std::string_view segment : segments) {
    if (auto wrong = wrong_with_segment(segment)) return wrong;
  }
  if (segments.size() > 1 && lower_ascii(segments[0]) == ".cache") return "lies in \".cache\"";
  if (normalized(path, false) != path) return "is not in Unicode's normal form C";
  return std::nullopt;
}

void check_file_name(std::string_view path) {
  check(wrong_with_file_name(path), "the file name", path);
}

std::vector<std::pair<std::size_t, std::size_t>> colliding_names(const std::vector<std::string>& paths) {
  struct Seen {
    std::string name;
    std::size_t index;
    bool is_file;
  };

  std::unordered_map<std::string, Seen> seen;  // by what a careless file system makes of a name
  std::vector<std::pair<std::size_t, std::size_t>> collisions;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
      const bool is_file = end == path.npos;
      const std::string name = path.substr(0, end);
      const auto [found, is_new] = seen.try_emplace(normalized(name, true), Seen{name, i, is_file});
      if (!is_new && (found->second.name != name || found->second.is_file || is_file)) {
        collisions.emplace_back(found->second.index, i);
        break;
      }
      if (is_file) break;
    }
  }
  return collisions;
}

std::string escaped_name(std::string_view name, std::size_t limit) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const utf8::CodePoint point = utf8::decode(name, at);
    std::string shown(name.substr(at, point.size));
    if (!point.valid)
      shown = fmt::format("\\x{:02X}", static_cast<unsigned char>(name[at]));
    else if (is_deceptive(point.value))
      shown = fmt::format("\\u{{{:X}}}", static_cast<std::uint32_t>(point.value));
    if (out.size() + shown.size() > limit) return out + "…";
    out += shown;
    at += point.valid ? point.size : 1;
  }
  return out;
}

}  // namespace etna::hub
