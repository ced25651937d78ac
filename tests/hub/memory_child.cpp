// Asks a hub one thing and prints by how many KiB its memory grew at most meanwhile: hub_memory_child ENDPOINT WHAT
// FOLDER
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "hub/download_hub_source.h"
#include "hub/downloads.h"
#include "hub/headers.h"

namespace {

using namespace etna::hub;

/// "VmHWM:    12345 kB" of this process.
long kibibytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
  }
  return 0;
}

const std::string id = "etna/tiny", commit(40, 'a');

TreeFile file(const std::string& path) {
  return {.path = path, .size = std::uint64_t{1} << 40, .oid = std::string(40, 'b'), .sha256 = {}, .xet_hash = {}};
}

void download(const std::shared_ptr<HttpClient>& client, const std::string& folder) {
  DownloadQueue queue({.data_folder = folder + "/data",
                       .cache_root = folder + "/hub",
                       .source = std::make_shared<HubSource>(client),
                       .space = [](const auto&) { return Space{.available = 1ull << 40, .total = 1ull << 40}; },
                       .clock_speed = 50.0});
  queue.start();
  const auto row = queue.add({.repository = id});
  for (int i = 0; i < 300; ++i) {  // it may try again for ever
    const auto status = queue.find(row);
    if (!status || !is_active(status->state)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  NetworkSettings settings;
  settings.endpoint = arguments[1];
  settings.proxy = NetworkSettings::Proxy::none;
  settings.allowed_hosts = {"localhost"};
  settings.stall_timeout = std::chrono::milliseconds(2000);
  const auto client = std::make_shared<HttpClient>(settings, [] { return std::string("hf_token"); });
  const HubApi api(client);
  const std::map<std::string, std::function<void()>> questions = {
      {"search", [&] { api.search({.text = {}, .author = {}, .filters = {}, .task = {}, .license = {}}); }},
      {"model", [&] { api.model(id); }},
      {"tree", [&] { api.tree(id, commit); }},
      {"readme", [&] { api.read_text(id, commit, "README.md", 2 << 20); }},
      {"resolve", [&] { api.resolve(id, commit, "model.safetensors"); }},
      {"gguf", [&] { read_gguf_head(api, id, commit, file("m.gguf")); }},
      {"safetensors", [&] { read_safetensors_header(api, id, commit, file("m.safetensors")); }},
      {"account", [&] { api.who_am_i(); }},
      {"download", [&] { download(client, arguments[3]); }}};
  const auto question = questions.find(arguments[2]);
  if (question == questions.end()) return 2;
  try {
    api.check_access("etna/other");  // libraries, certificates and the first connection are there afterwards
  } catch (const std::exception&) {
  }
  std::ofstream("/proc/self/clear_refs") << "5\n";  // the peak begins anew
  const long before = kibibytes("VmRSS");
  std::string answer = "answered";
  try {
    question->second();
  } catch (const std::exception& error) {
    answer = error.what();
  }
  std::printf("%ld %s\n", kibibytes("VmHWM") - before, answer.c_str());
  return 0;
}
