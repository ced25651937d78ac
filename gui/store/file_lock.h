#pragma once

#include <filesystem>
#include <optional>

namespace etna::store {

/// Held by one program at a time; the system lets go of it when the program ends, however it does.
class FileLock {
public:
  /// None: another program holds it. Throws io, naming the file.
  static std::optional<FileLock> take(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace etna::store
