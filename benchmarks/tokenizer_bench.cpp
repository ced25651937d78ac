#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

/// Times of one thing done several times, in milliseconds of the processor: others on the machine do not count.
struct Times {
  double best, median;
};

template <class Function>
Times measure(int rounds, Function function) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const std::clock_t start = std::clock();
    function();
    times.push_back(static_cast<double>(std::clock() - start) * 1e3 / CLOCKS_PER_SEC);
  }
  std::ranges::sort(times);
  return {times.front(), times[times.size() / 2]};
}

/// What a perf.json beside the tokenizer says of the same text.
struct Reference {
  std::size_t count = 0;
  double fastest_ms = 0.0;
};

std::optional<Reference> read_reference(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const auto json = read_json_file(file);
  Reference reference{.count = json.value("count", std::size_t{0})};
  if (const auto times = json.find("reference_ms"); times != json.end()) {
    for (const auto& [name, value] : times->items()) {
      const double ms = value.get<double>();
      reference.fastest_ms = reference.fastest_ms > 0.0 ? std::min(reference.fastest_ms, ms) : ms;
    }
  }
  return reference;
}

void run(const fs::path& path, std::string_view text, int rounds) {
  const double megabytes = static_cast<double>(text.size()) / 1e6;
  std::shared_ptr<const Tokenizer> tokenizer;
  const Times load = measure(rounds, [&] { tokenizer = Tokenizer::load(path); });
  std::vector<std::int32_t> ids;
  const Times encode = measure(rounds, [&] { ids = tokenizer->encode(text, AddSpecialTokens::no); });
  const Times decode = measure(rounds, [&] { tokenizer->decode(ids, SkipSpecialTokens::no); });

  const bool is_folder = fs::is_directory(path);
  const auto reference = read_reference((is_folder ? path : path.parent_path()) / "perf.json");
  const std::string name = (is_folder ? path : path.parent_path()).filename().string();
  fmt::print("{:<14}{:>8}{:>9.1f}{:>9.1f}{:>10.1f}{:>9.1f}{:>10.1f}", name, tokenizer->vocab_size(), load.best,
             load.median, megabytes * 1e3 / encode.best, megabytes * 1e3 / encode.median,
             megabytes * 1e3 / decode.best);
  if (reference && reference->fastest_ms > 0.0) fmt::print("{:>9.1f}x", reference->fastest_ms / encode.best);
  if (reference) fmt::print("  {}", reference->count == ids.size() ? "same count" : "OTHER COUNT");
  fmt::print("\n");
}

}  // namespace
}  // namespace etna

int main(int argc, char** argv) {
  CLI::App app("Times loading, encoding and decoding on one core");
  std::string text_file;
  std::vector<std::string> tokenizers;
  int rounds = 5;
  app.add_option("text", text_file, "text to be cut into tokens")->required();
  app.add_option("tokenizers", tokenizers, "tokenizer files or folders; a perf.json in the folder is compared with")
      ->required();
  app.add_option("--rounds", rounds, "how often everything is done")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    const std::string text = etna::read_text_file(text_file);
    fmt::print("{:<14}{:>8}{:>18}{:>19}{:>10}{:>10}\n", "", "", "load ms", "encode MB/s", "decode", "encode");
    fmt::print("{:<14}{:>8}{:>9}{:>9}{:>10}{:>9}{:>10}{:>10}\n", "tokenizer", "tokens", "best", "median", "best",
               "median", "MB/s", "ratio");
    for (const auto& path : tokenizers) etna::run(path, text, rounds);
  } catch (const etna::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
