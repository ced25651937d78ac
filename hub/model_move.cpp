#include "hub/model_move.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/disk.h"
#include "hub/download_problem.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece_bytes = std::size_t{4} << 20;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// The copy is as old as the original: what was noted of that holds for it.
void keep_time(const disk::File& from, const disk::File& to) {
  struct stat info {};

  if (::fstat(from.descriptor(), &info) != 0) return;
  const struct timespec times[2] = {info.st_atim, info.st_mtim};
  ::futimens(to.descriptor(), times);
}

class Copying {
public:
  Copying(const ModelCopy& model, const CopyTools& tools) : model_(model), tools_(tools) {
    std::string leaf = (model.folder / model.place).lexically_normal().filename().string();
    if (leaf.empty()) leaf = "model";
    stage_ = fs::path(".etna-move-" + leaf);
  }

  void run() {
    for (const CopiedFile& file : model_.files) {
      if (is_there(target(file))) fail(Errc::io, "{}: is there already, and stays as it is", target(file).string());
      total_ += fs::file_size(file.from);
    }
    std::error_code error;
    fs::remove_all(stage(), error);  // of a program that ended in the middle
    try {
      disk::make_folders(model_.folder, stage_);
      bring();
      check();
      place_all();
    } catch (...) {
      for (const fs::path& file : placed_) ::unlink(file.c_str());
      fs::remove_all(stage(), error);
      remove_empty_places();
      throw;
    }
    fs::remove_all(stage(), error);
  }

private:
  struct Copied {
    const CopiedFile* file = nullptr;
    std::string hash;
    HashKind kind = HashKind::sha256;
  };

  fs::path stage() const { return model_.folder / stage_; }

  fs::path target(const CopiedFile& file) const { return model_.folder / model_.place / file.name; }

  void end_if_stopped() const {
    if (tools_.stop.stop_requested()) fail(Errc::cancelled, "moving the model was stopped");
  }

  void report(CopyPhase phase, std::uint64_t done, std::uint64_t total) const {
    end_if_stopped();
    if (tools_.report) tools_.report(phase, done, total);
  }

  void bring() {
    std::vector<const CopiedFile*> rest;
    std::uint64_t needed = 0, done = 0;
    for (const CopiedFile& file : model_.files) {
      report(CopyPhase::copying, done, total_);
      const fs::path to = staged(file);
      std::error_code error;
      const fs::path real = fs::canonical(file.from, error);
      if (tools_.may_share && !error && ::link(real.c_str(), to.c_str()) == 0) {
        done += fs::file_size(file.from);
        continue;
      }
      rest.push_back(&file);
      needed += fs::file_size(file.from);
    }
    const Space space = tools_.space(model_.folder);
    const std::uint64_t missing = needed == 0 ? 0 : missing_bytes(space, needed, tools_.reserve(space));
    if (missing > 0) throw DownloadError(Errc::io, disk_full(model_.folder, missing));
    for (const CopiedFile* file : rest) copied_.push_back(copy(*file, done));
  }

  /// Where it lies until everything is complete.
  fs::path staged(const CopiedFile& file) const {
    const fs::path relative = stage_ / file.name;
    disk::make_folders(model_.folder, relative.parent_path());
    return model_.folder / relative;
  }

  Copied copy(const CopiedFile& file, std::uint64_t& done) const {
    const disk::File from = disk::File::open_to_read(file.from), to = disk::File::open_to_write(staged(file));
    const std::uint64_t size = from.size();
    Copied copied{.file = &file, .hash = {}, .kind = hash_kind(file.expected).value_or(HashKind::sha256)};
    StreamHash hash(copied.kind, size);
    to.allocate(size);
    std::vector<std::byte> buffer(std::min<std::uint64_t>(size, piece_bytes));
    for (std::uint64_t offset = 0; offset < size;) {
      report(CopyPhase::copying, done, total_);
      const std::span piece(buffer.data(), std::min<std::uint64_t>(size - offset, piece_bytes));
      from.read_at(offset, piece);
      hash.update(piece);
      to.write_at(offset, piece);
      offset += piece.size();
      done += piece.size();
    }
    copied.hash = hash.hex();
    if (!file.expected.empty() && copied.hash != file.expected) {
      fail(Errc::corrupt, "{}: the file is damaged; it was not moved", file.from.string());
    }
    keep_time(from, to);
    to.flush();
    // What is read back comes from the disk, not from memory.
    ::posix_fadvise(to.descriptor(), 0, 0, POSIX_FADV_DONTNEED);
    return copied;
  }

  void check() const {
    std::uint64_t total = 0, before = 0;
    for (const Copied& copied : copied_) total += fs::file_size(copied.file->from);
    for (const Copied& copied : copied_) {
      const fs::path file = model_.folder / stage_ / copied.file->name;
      const std::string hash = hash_file(
          file, copied.kind,
          {.report = [&](std::uint64_t done, std::uint64_t) { report(CopyPhase::checking, before + done, total); },
           .stop = tools_.stop});
      if (hash != copied.hash) throw DownloadError(Errc::io, disk_fault(file, 0));
      before += fs::file_size(file);
    }
  }

  void place_all() {
    end_if_stopped();
    const fs::path relative = model_.place.lexically_normal();
    if (!relative.empty() && relative != "." && !is_there(model_.folder / relative)) {
      disk::make_folders(model_.folder, relative.parent_path());
      disk::rename(stage(), model_.folder / relative);
      return disk::flush_folder((model_.folder / relative).parent_path());
    }
    for (const CopiedFile& file : model_.files) {
      const fs::path to = target(file);
      disk::make_folders(model_.folder, to.parent_path().lexically_relative(model_.folder));
      // Not over what may have come there meanwhile; where links are not known, the check has to do.
      if (::link((stage() / file.name).c_str(), to.c_str()) != 0) {
        if (is_there(to)) fail(Errc::io, "{}: is there already, and stays as it is", to.string());
        disk::rename(stage() / file.name, to);
      }
      placed_.push_back(to);
      disk::flush_folder(to.parent_path());
    }
  }

  /// Folders that were made on the way and hold nothing.
  void remove_empty_places() const {
    std::error_code error;
    for (fs::path place = model_.place.lexically_normal(); !place.empty() && place != ".";
         place = place.parent_path()) {
      if (!fs::is_empty(model_.folder / place, error) || error) return;
      fs::remove(model_.folder / place, error);
    }
  }

  const ModelCopy& model_;
  const CopyTools& tools_;
  fs::path stage_;
  std::uint64_t total_ = 0;
  std::vector<Copied> copied_;
  std::vector<fs::path> placed_;
};

}  // namespace

void copy_model(const ModelCopy& model, const CopyTools& tools) {
  Copying(model, tools).run();
}

}  // namespace etna::hub
