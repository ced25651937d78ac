#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace etna {

/// Texts with a number each, found by their beginnings.
class ByteTrie {
public:
  static constexpr std::int32_t none = -1;

  /// The first number given to a text counts. Empty texts are not kept.
  void insert(std::string_view text, std::int32_t value) {
    if (text.empty()) return;
    std::uint32_t node = 0;
    for (const char byte : text) {
      const auto [at, is_new] = edges_.try_emplace(edge(node, byte), static_cast<std::uint32_t>(values_.size()));
      if (is_new) values_.push_back(none);
      node = at->second;
    }
    starts_[static_cast<unsigned char>(text.front())] = true;
    if (values_[node] == none) values_[node] = value;
  }

  /// Calls found(size, value) for every kept text that `text` begins with, shortest first.
  template <class Found>
  void prefixes(std::string_view text, Found found) const {
    if (text.empty() || !starts_[static_cast<unsigned char>(text.front())]) return;
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto next = edges_.find(edge(node, text[i]));
      if (next == edges_.end()) return;
      node = next->second;
      if (values_[node] != none) found(i + 1, values_[node]);
    }
  }

private:
  static std::uint64_t edge(std::uint32_t node, char byte) {
    return (std::uint64_t{node} << 8) | static_cast<unsigned char>(byte);
  }

  std::vector<std::int32_t> values_{none};  // by node; the first is the root
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;
  std::vector<bool> starts_ = std::vector<bool>(256);
};

}  // namespace etna
