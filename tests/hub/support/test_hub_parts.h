#pragma once

#include "tests/hub/support/test_hub.h"

/// What the files of TestHub share.
namespace etna::test {

struct TestHub::Overridden {
  std::string path_part;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A signed address that the content network honours for a while.
struct TestHub::Link {
  BlobRef blob;
  std::chrono::steady_clock::time_point made;
  std::uint64_t bytes_left = 0;
};

}  // namespace etna::test
