// rewrite_matrices float16|bfloat16 in.spv out.inc: a module for KHR cooperative matrices as numbers for #include.
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "engine/backend/vulkan/tools/khr_matrices.h"

namespace {

using namespace etna::spirv;

std::vector<std::uint32_t> read_module(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file || bytes.size() % 4 != 0) throw Malformed("cannot be read as words");
  std::vector<std::uint32_t> words(bytes.size() / 4);
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

void write_numbers(const char* path, const std::vector<std::uint32_t>& words) {
  std::ofstream file(path);
  const char* separator = "{";
  for (const std::uint32_t word : words) {
    file << separator << word;
    separator = ",\n";
  }
  file << "}\n";
  file.close();
  if (!file) throw std::runtime_error("cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("rewrite_matrices float16|bfloat16 in.spv out.inc\n", stderr);
    return 2;
  }
  try {
    const Factor factor = std::string_view(argv[1]) == "bfloat16" ? Factor::bfloat16 : Factor::float16;
    write_numbers(argv[3], to_khr_matrices(read_module(argv[2]), factor));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rewrite_matrices: %s: %s\n", argv[2], error.what());
    return 1;
  }
}
