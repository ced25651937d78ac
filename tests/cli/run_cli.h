#pragma once

#include <fmt/core.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/engine/io/temporary_folder.h"

namespace etna::test {

struct CliResult {
  int code = 0;
  std::string output;
  std::string errors;
};

/// Runs etna-cli with arguments in the shell's syntax, on the processor's side of everything, `input` as stdin.
inline CliResult run_cli(const std::string& arguments, const std::string& input = {}) {
  const TemporaryFolder folder;
  folder.write("in", input);
  const auto file = [&](const char* name) { return fmt::format("'{}'", (folder / name).string()); };
  const auto read = [&](const char* name) {
    std::ifstream stream(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const int status = std::system(
      ("'" ETNA_CLI "' " + arguments + " <" + file("in") + " >" + file("out") + " 2>" + file("err")).c_str());
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .output = read("out"), .errors = read("err")};
}

}  // namespace etna::test
