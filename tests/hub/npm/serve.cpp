// A test hub for clients in other languages: prints its address and serves until its input ends.
#include <cstdio>
#include <iostream>
#include <string>

#include "tests/hub/support/test_hub.h"
#include "tests/hub/support/weight_files.h"

int main() {
  using namespace etna::test;
  TestHub hub({.page_size = 3});
  const auto config = make_blob("{\"model_type\":\"llama\"}\n", false);
  hub.add("etna/tiny")
      .commit({{".gitattributes", make_blob("*.gguf filter=lfs\n", false)},
               {"README.md", make_blob("---\nlicense: mit\n---\n# Tiny\n", false)},
               {"config.json", config},
               {"model.safetensors", make_blob(small_safetensors_file(), true)},
               {"pattern.bin", make_pattern_blob(3'000'000, 11)},
               {"sub/dir/extra.txt", make_blob("extra\n", false)},
               {"tiny.gguf", make_blob(small_gguf_file(500), true)}});
  for (int i = 0; i < 5; ++i) hub.add("etna/m" + std::to_string(i)).commit({{"config.json", config}});
  hub.add("etna/gated").commit({{"config.json", config}});
  hub.find("etna/gated")->gated = "manual";
  hub.rename("old/tiny", "etna/tiny");
  hub.add_user("hf_writer", {"writer", "write"});
  hub.add_user("hf_reader", {"reader", "read"});
  std::cout << hub.endpoint() << " " << make_pattern_blob(3'000'000, 11)->sha256 << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "leaks") std::cout << hub.leaked_authorizations() << std::endl;
  }
}
