#include "gui/chat/attachments/attachment_text.h"

#include <algorithm>
#include <cctype>

#include "engine/base/utf8.h"

namespace etna::gui {
namespace {

constexpr std::size_t shortest_fence = 3;
constexpr std::size_t longest_suffix = 12;

std::string one_line(std::string name) {
  std::ranges::replace_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return name;
}

std::string fence_for(const std::string& content) {
  std::size_t longest = 0, run = 0;
  for (const char c : content) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(shortest_fence, longest + 1), '`');
}

std::string suffix_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot - 1 > longest_suffix) return {};
  const std::string suffix = name.substr(dot + 1);
  const bool plain = std::ranges::all_of(suffix, [](char c) { return std::isalnum(static_cast<unsigned char>(c)); });
  return plain ? suffix : std::string();
}

}  // namespace

std::string with_attachments(const std::string& text, const AttachedFiles& files) {
  std::string result;
  for (const AttachedFile& attached : files) {
    const std::string& content = attached.file->bytes;
    const std::string name = one_line(attached.file->name);
    if (!utf8::is_valid(content)) {
      result += "File: " + name + " (" + std::to_string(content.size()) + " bytes, not text)\n\n";
      continue;
    }
    const std::string fence = fence_for(content);
    result += "File: " + name + "\n" + fence + suffix_of(name) + "\n" + content;
    if (!content.ends_with('\n')) result += '\n';
    result += fence + "\n\n";
  }
  if (text.empty() && !result.empty()) result.resize(result.size() - 2);
  return result + text;
}

}  // namespace etna::gui
