#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace etna {

/// Read-only pages of a file, registered for as long as the object lives, that may stop being readable meanwhile: the file
/// is cut short, its disk or network fails. The system then raises SIGBUS in the thread that touches them, which ends the
/// program. Here a handler (installed with the first object, calling the one before it for what is not ours) puts zeros
/// in their place and marks the mapping. Whoever computes with the pages must look at the mark before results are used.
///
/// Any thread. The registry has no lock: the handler may run at any place of any thread.
class MappedPages {
public:
  /// `owner` is what owner_of_lost() returns. Throws bad_alloc.
  MappedPages(std::span<const std::byte> pages, const void* owner);
  ~MappedPages();
  MappedPages(const MappedPages&) = delete;
  MappedPages& operator=(const MappedPages&) = delete;

  /// Offset of the first byte that was touched and could not be read; none while all is well.
  std::optional<std::uint64_t> lost_at() const;

  /// Whether some mapping is marked. One load.
  static bool any_lost();

  /// The owner of the mapping that holds `address`; null for addresses of none.
  static const void* owner_of(const void* address);

  /// The owner of the marked mapping that holds `address`; null where all is well.
  static const void* owner_of_lost(const void* address);

  struct Slot;

private:
  Slot* slot_;
};

/// Makes the threads that exist now survive lost pages too where a driver has blocked all signals in its own (Mesa's
/// software drivers do): the system ends a program that gets a blocked SIGBUS. Takes about a millisecond.
void unblock_bus_errors_in_all_threads();

}  // namespace etna
