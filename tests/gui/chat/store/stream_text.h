#pragma once

#include <cstdint>
#include <string>

/// What the program that is killed writes, so that the one that looks afterwards knows what must be there.
namespace etna::chats::stream {

inline std::string question(std::int64_t id) {
  return "question " + std::to_string(id);
}

inline std::string token(std::int64_t id, int number) {
  return std::to_string((id * 31 + number * 17) % 100'000) + ' ';
}

}  // namespace etna::chats::stream
