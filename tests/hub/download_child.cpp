// A program that downloads and may be killed at any moment: hub_download_child CACHE DATA ENDPOINT REPOSITORY
#include <cstdio>

#include "hub/download_hub_source.h"
#include "hub/downloads.h"

int main(int count, char** arguments) {
  using namespace etna::hub;
  if (count != 5) return 2;
  NetworkSettings settings;
  settings.endpoint = arguments[3];
  settings.proxy = NetworkSettings::Proxy::none;
  settings.allowed_hosts = {"localhost"};  // where the test hub has its content network
  DownloadQueue queue({.data_folder = arguments[2],
                       .cache_root = arguments[1],
                       .source = std::make_shared<HubSource>(std::make_shared<HttpClient>(settings)),
                       .space = [](const auto&) { return Space{.available = 1ull << 40, .total = 1ull << 40}; }});
  queue.start();
  const auto status = queue.wait(queue.add({.repository = arguments[4]}));
  if (!status || status->state != DownloadState::done) {
    std::fprintf(stderr, "%s\n", status ? status->sentence.c_str() : "gone");
    return 1;
  }
  return 0;
}
