// A program that downloads and may be killed at any moment: download_child CACHE DATA SENT
// SENT is a file of eight bytes that counts what the fake hub has sent to all these programs.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <new>

#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"

int main(int count, char** arguments) {
  using namespace etna::hub;
  if (count != 4) return 2;
  const int descriptor = ::open(arguments[3], O_RDWR | O_CLOEXEC);
  void* shared = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (shared == MAP_FAILED) return 2;
  auto source = std::make_shared<FakeSource>();
  source->all_sent = static_cast<std::atomic<std::uint64_t>*>(shared);
  source->add("config.json", "{}", HashKind::git_sha1);
  source->add("model.safetensors", random_bytes(200'000'000, 7));
  source->bytes_per_second = 15'000'000;
  DownloadQueue queue(
      {.data_folder = arguments[2], .cache_root = arguments[1], .source = source, .space = [](const auto&) {
         return Space{.available = 1'000'000'000'000, .total = 1'000'000'000'000};
       }});
  queue.start();
  const auto status = queue.wait(queue.add({.repository = source->id}));
  if (!status || status->state != DownloadState::done) {
    std::fprintf(stderr, "%s\n", status ? status->sentence.c_str() : "gone");
    return 1;
  }
  return 0;
}
