#include "engine/base/mapped_pages.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>

namespace etna {

namespace {

constexpr std::uint64_t nothing_lost = UINT64_MAX;

}  // namespace

/// A registered mapping. `version` is odd while the others change: the handler must not join the beginning of one mapping
/// with the end of another.
struct MappedPages::Slot {
  std::atomic<bool> taken{false};
  std::atomic<std::uint32_t> version{0};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<const void*> owner{nullptr};
  std::atomic<std::uint64_t> lost_at{nothing_lost};
};

namespace {

using Slot = MappedPages::Slot;

struct Block {
  std::array<Slot, 64> slots;
  std::atomic<Block*> next{nullptr};  // never taken away again
};

constinit Block first_block;
constinit std::atomic<int> lost_mappings{0};
struct sigaction previous_action {};
std::uintptr_t page_bytes = 4096;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<const void*>::is_always_lock_free);

/// The slot of the mapping that holds an address; null for addresses that are not ours. Safe in a signal handler.
Slot* slot_of(std::uintptr_t address) {
  for (Block* block = &first_block; block; block = block->next) {
    for (Slot& slot : block->slots) {
      const std::uint32_t version = slot.version;
      const bool inside = address >= slot.begin && address < slot.end;
      if (inside && version % 2 == 0 && slot.version == version) return &slot;
    }
  }
  return nullptr;
}

/// Puts zeros where pages were lost: from the page of the address to the end of the mapping, since a file that was cut
/// short has lost all of that, and a mapping with a hole is of no use anyway.
bool replace_pages(std::uintptr_t address) {
  Slot* slot = slot_of(address);
  if (!slot) return false;
  const std::uintptr_t page = address / page_bytes * page_bytes;
  const std::uintptr_t end = (slot->end + page_bytes - 1) / page_bytes * page_bytes;
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  if (::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ, flags, -1, 0) == MAP_FAILED) return false;
  std::uint64_t expected = nothing_lost;
  if (slot->lost_at.compare_exchange_strong(expected, address - slot->begin)) ++lost_mappings;
  return true;
}

/// What would have happened without us.
void pass_on(int signal, siginfo_t* info, void* context) {
  if (previous_action.sa_flags & SA_SIGINFO) return previous_action.sa_sigaction(signal, info, context);
  const bool sent_by_a_program = info->si_code <= 0;
  if (previous_action.sa_handler == SIG_IGN && sent_by_a_program) return;
  if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) return previous_action.sa_handler(signal);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  if (sent_by_a_program) ::raise(signal);  // else the same access fails again, now without us
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int code = errno;
  const bool is_access = info->si_code > 0;
  if (!is_access || !replace_pages(reinterpret_cast<std::uintptr_t>(info->si_addr))) pass_on(signal, info, context);
  errno = code;
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    ::sigaction(SIGBUS, nullptr, &previous_action);  // known before the handler can run
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
  });
}

Slot& take_slot() {
  for (Block* block = &first_block;; block = block->next) {
    for (Slot& slot : block->slots) {
      if (!slot.taken.exchange(true)) return slot;
    }
    if (block->next) continue;
    auto* fresh = new Block;
    Block* none = nullptr;
    if (!block->next.compare_exchange_strong(none, fresh)) delete fresh;
  }
}

void set(Slot& slot, std::uintptr_t begin, std::uintptr_t end, const void* owner) {
  ++slot.version;
  slot.begin = begin;
  slot.end = end;
  slot.owner = owner;
  ++slot.version;
}

}  // namespace

MappedPages::MappedPages(std::span<const std::byte> pages, const void* owner) : slot_(&take_slot()) {
  install_handler();
  const auto begin = reinterpret_cast<std::uintptr_t>(pages.data());
  slot_->lost_at = nothing_lost;
  set(*slot_, begin, begin + pages.size(), owner);
}

MappedPages::~MappedPages() {
  set(*slot_, 0, 0, nullptr);
  if (slot_->lost_at != nothing_lost) --lost_mappings;
  slot_->taken = false;
}

std::optional<std::uint64_t> MappedPages::lost_at() const {
  const std::uint64_t at = slot_->lost_at;
  return at == nothing_lost ? std::nullopt : std::optional(at);
}

bool MappedPages::any_lost() { return lost_mappings != 0; }

const void* MappedPages::owner_of(const void* address) {
  const Slot* slot = slot_of(reinterpret_cast<std::uintptr_t>(address));
  return slot ? slot->owner.load() : nullptr;
}

const void* MappedPages::owner_of_lost(const void* address) {
  if (!any_lost()) return nullptr;
  const Slot* slot = slot_of(reinterpret_cast<std::uintptr_t>(address));
  return slot && slot->lost_at != nothing_lost ? slot->owner.load() : nullptr;
}

namespace {

// Mesa leaves SIGSYS (and SIGSEGV) open in the threads it makes (src/util/u_thread.c: u_thread_create).
constexpr int messenger = SIGSYS;

struct sigaction previous_messenger {};
std::atomic<int> threads_told{0};

void on_message(int signal, siginfo_t* info, void* context) {
  if (info->si_code == SI_TKILL && info->si_pid == ::getpid()) {
    sigdelset(&static_cast<ucontext_t*>(context)->uc_sigmask, SIGBUS);  // holds when the handler returns
    ++threads_told;
  } else if (previous_messenger.sa_flags & SA_SIGINFO) {
    previous_messenger.sa_sigaction(signal, info, context);
  } else if (previous_messenger.sa_handler != SIG_DFL && previous_messenger.sa_handler != SIG_IGN) {
    previous_messenger.sa_handler(signal);
  }
}

/// Blocked signals of a thread, bit n - 1 for signal n; 0 for one that has ended.
std::uint64_t blocked_signals(const std::string& thread) {
  std::ifstream status("/proc/self/task/" + thread + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("SigBlk:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
  }
  return 0;
}

int tell_threads() {
  constexpr std::uint64_t bus_error = std::uint64_t{1} << (SIGBUS - 1), message = std::uint64_t{1} << (messenger - 1);
  DIR* threads = ::opendir("/proc/self/task");
  if (!threads) return 0;
  int told = 0;
  while (const dirent* entry = ::readdir(threads)) {
    const std::uint64_t blocked = blocked_signals(entry->d_name);
    if (!(blocked & bus_error) || (blocked & message)) continue;
    told += ::syscall(SYS_tgkill, ::getpid(), std::atoi(entry->d_name), messenger) == 0 ? 1 : 0;
  }
  ::closedir(threads);
  return told;
}

}  // namespace

void unblock_bus_errors_in_all_threads() {
  static std::mutex mutex;  // guards the handler of SIGSYS and threads_told
  const std::lock_guard lock(mutex);
  threads_told = 0;
  ::sigaction(messenger, nullptr, &previous_messenger);
  struct sigaction action {};
  action.sa_sigaction = on_message;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(messenger, &action, nullptr);
  const int told = tell_threads();
  const auto begin = std::chrono::steady_clock::now();
  while (threads_told < told) {
    // Some thread does not listen: our handler stays, or the message would end the program when it arrives.
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(1)) return;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  ::sigaction(messenger, &previous_messenger, nullptr);
}

}  // namespace etna
