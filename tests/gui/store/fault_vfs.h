#pragma once

#include <atomic>

namespace etna::test {

/// A file layer for SQLite, called "fault", that does what the system's does until it is told to fail. Any thread.
class FaultVfs {
public:
  static constexpr const char* name = "fault";

  static void install();  ///< once is enough

  /// From the n-th write, sync or truncation on (1: the next) everything that changes a file fails with `code`
  /// (SQLITE_FULL, SQLITE_IOERR_WRITE, …), `times` times; -1: until clear().
  static void fail_from(long n, int code, long times = -1);

  /// The same for syncs only: what was written before may be on the disk or not.
  static void fail_syncs_from(long n, int code, long times = -1);

  static void clear();

  /// Operations that change files, so far.
  static long operations();
};

}  // namespace etna::test
