#include "tests/gui/store/fault_vfs.h"

#include <sqlite3.h>

#include <cstdlib>
#include <mutex>
#include <new>

namespace etna::test {
namespace {

struct Plan {
  long countdown = -1;  ///< operations that still succeed; below 0: no plan
  long times = 0;
  int code = 0;
  bool syncs_only = false;
};

std::mutex mutex;  // guards plan, operations
Plan plan;
long operation_count = 0;

/// The code to fail with, or 0.
int fault(bool sync) {
  const std::lock_guard lock(mutex);
  ++operation_count;
  if (plan.countdown < 0 || plan.times == 0 || (plan.syncs_only && !sync)) return SQLITE_OK;
  if (plan.countdown > 0) {
    --plan.countdown;
    return SQLITE_OK;
  }
  if (plan.times > 0) --plan.times;
  return plan.code;
}

struct File {
  sqlite3_file base;
  sqlite3_file* real;  ///< follows in memory
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

int close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}

int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), to, bytes, at);
}

int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  if (const int code = fault(false)) return code;
  return real(file)->pMethods->xWrite(real(file), from, bytes, at);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = fault(false)) return code;
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int flags) {
  if (const int code = fault(true)) return code;
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}

int lock(sqlite3_file* file, int kind) {
  return real(file)->pMethods->xLock(real(file), kind);
}

int unlock(sqlite3_file* file, int kind) {
  return real(file)->pMethods->xUnlock(real(file), kind);
}

int check_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}

int sector(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}

int device(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

int shm_map(sqlite3_file* file, int region, int size, int extend, volatile void** memory) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods = {2,        close,       read,       write,   truncate, sync,   file_size,
                                    lock,     unlock,      check_lock, control, sector,   device, shm_map,
                                    shm_lock, shm_barrier, shm_unmap,  nullptr, nullptr};

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<File*>(file);
  ours->base.pMethods = nullptr;
  ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
  const int code = system_vfs()->xOpen(system_vfs(), name, ours->real, flags, out_flags);
  // SQLite closes a file only if it has methods.
  if (ours->real->pMethods) ours->base.pMethods = &methods;
  return code;
}

}  // namespace

void FaultVfs::install() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *system_vfs();
    copy.zName = name;
    copy.szOsFile = static_cast<int>(sizeof(File)) + system_vfs()->szOsFile;
    copy.pNext = nullptr;
    copy.xOpen = open;
    return copy;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  if (registered != SQLITE_OK) std::abort();
}

void FaultVfs::fail_from(long n, int code, long times) {
  const std::lock_guard guard(mutex);
  plan = {n - 1, times, code, false};
}

void FaultVfs::fail_syncs_from(long n, int code, long times) {
  const std::lock_guard guard(mutex);
  plan = {n - 1, times, code, true};
}

void FaultVfs::clear() {
  const std::lock_guard guard(mutex);
  plan = {};
}

long FaultVfs::operations() {
  const std::lock_guard guard(mutex);
  return operation_count;
}

}  // namespace etna::test
