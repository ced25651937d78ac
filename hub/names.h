#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Names that come from a hub become file names, folder names and parts of URLs: only what passes here may
/// (hub.md §6, desktop.md D11). Functions called `wrong_with_…` return what is wrong as part of a sentence
/// ("has a segment \"..\""), or nothing; `check_…` throw Error{corrupt} with the name, escaped, and the same words.
namespace etna::hub {

/// "name" or "org/name" of ASCII letters, digits, '_', '.', '-': each part at most 96, beginning and ending with a
/// letter, digit or '_', without "--" and "..", not ending in ".git".
std::optional<std::string> wrong_with_repository_id(std::string_view id);
void check_repository_id(std::string_view id);

/// A branch, tag, commit or "refs/pr/1": git's rules, and each segment safe as a folder name.
std::optional<std::string> wrong_with_revision(std::string_view revision);
void check_revision(std::string_view revision);

/// Exactly 40 lower-case hexadecimal digits.
bool is_commit(std::string_view text);
void check_commit(std::string_view text);

/// 40 (git sha1) or 64 (sha256) lower-case hexadecimal digits; they become names of blobs.
bool is_blob_name(std::string_view text);
void check_blob_name(std::string_view text);

/// A relative path of a repository's file: UTF-8 in normal form C, at most 1024 bytes and 255 a segment; no empty,
/// "." or ".." segment, no '\', ':', control, bidi or zero-width character, no trailing dot or space, no device name of
/// Windows, nothing below ".git" or ".cache".
std::optional<std::string> wrong_with_file_name(std::string_view path);
void check_file_name(std::string_view path);

/// Pairs of paths that a file system without case or with normal forms would take for one: indices into `paths`.
/// Folders count too: "A/x" and "a/y" collide.
std::vector<std::pair<std::size_t, std::size_t>> colliding_names(const std::vector<std::string>& paths);

/// For showing: characters that could deceive (control, bidi, zero-width, broken bytes) as "\u{202E}"; at most `limit`
/// bytes, and "…" where it was cut.
std::string escaped_name(std::string_view name, std::size_t limit = 200);

}  // namespace etna::hub
