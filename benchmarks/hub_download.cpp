// One verified download over loopback against what a user would do by hand: curl to /dev/null, then sha256sum.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "engine/base/error.h"
#include "hub/download_hub_source.h"
#include "hub/downloads.h"
#include "tests/hub/support/test_hub.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

const std::string id = "bench/model";

struct Options {
  std::uint64_t megabytes = 1000;
  int connections = 1;
  int rounds = 3;
  std::string folder = fs::temp_directory_path() / "etna-hub-download";
};

template <class Function>
double seconds(Function function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void run_command(const std::string& command) {
  if (std::system(command.c_str()) != 0) fail(Errc::io, "this command does not work here: {}", command);
}

/// Returns the file that arrived.
fs::path download(const test::TestHub& hub, const Options& options) {
  hub::DownloadQueue queue(
      {.cache_root = options.folder,
       .source = std::make_shared<hub::HubSource>(std::make_shared<hub::HttpClient>(hub.settings())),
       .connections = options.connections});
  queue.start();
  const auto status = queue.wait(queue.add({.repository = id}));
  if (!status || status->state != hub::DownloadState::done) {
    fail(Errc::network, "the download ended with: {}", status ? status->sentence : "nothing");
  }
  return status->folder / "model.safetensors";
}

void run(const Options& options) {
  test::TestHub hub;
  const std::uint64_t bytes = options.megabytes * 1'000'000;
  const std::string commit = hub.add(id).commit({{"model.safetensors", test::make_pattern_blob(bytes, 1)}}).id;
  const std::string url = fmt::format("{}/{}/resolve/{}/model.safetensors", hub.endpoint(), id, commit);
  fmt::print("{:>9} {:>12} {:>12} {:>12} {:>8}\n", "MB", "Etna MB/s", "curl MB/s", "sha256sum", "ratio");
  for (int round = 0; round < options.rounds; ++round) {
    fs::remove_all(options.folder);
    fs::path file;
    const double etna = seconds([&] { file = download(hub, options); });
    const double curl =
        seconds([&] { run_command(fmt::format("curl --silent --fail --location --output /dev/null '{}'", url)); });
    const double hash = seconds([&] { run_command(fmt::format("sha256sum '{}' >/dev/null", file.string())); });
    const double megabytes = static_cast<double>(options.megabytes);
    fmt::print("{:>9} {:>12.0f} {:>12.0f} {:>12.0f} {:>7.0f}%\n", options.megabytes, megabytes / etna, megabytes / curl,
               megabytes / hash, 100.0 * (curl + hash) / etna);
  }
  fs::remove_all(options.folder);
}

}  // namespace
}  // namespace etna

int main(int count, char** arguments) {
  CLI::App app(
      "Speed of a verified download on loopback; 100 % is curl to /dev/null and sha256sum one after the other.");
  etna::Options options;
  app.add_option("--megabytes", options.megabytes, "size of the file");
  app.add_option("--connections", options.connections, "how many at once");
  app.add_option("--rounds", options.rounds);
  app.add_option("--folder", options.folder, "a cache that is made and removed");
  CLI11_PARSE(app, count, arguments);
  try {
    etna::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
