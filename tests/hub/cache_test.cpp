#include "hub/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "hub/cache_scan.h"
#include "hub/cache_trash.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

const std::string commit = "0123456789abcdef0123456789abcdef01234567";
const std::string other_commit(40, 'b');

/// A cache as huggingface_hub writes it: every name, link and text by hand.
class CacheTest : public testing::Test {
protected:
  void SetUp() override { ::setenv("XDG_DATA_HOME", (folder_ / "data").c_str(), 1); }

  std::string write_blob(const std::string& bytes, HashKind kind = HashKind::sha256) {
    const std::string name = hash_of(bytes, kind);
    write_file(model_ / "blobs" / name, bytes);
    return name;
  }

  void write_link(const std::string& at, const std::string& path, const std::string& text) {
    const fs::path link = model_ / "snapshots" / at / path;
    fs::create_directories(link.parent_path());
    fs::create_symlink(text, link);
  }

  /// config.json, sub/extra.txt and two shards with their index.
  void write_python_cache() {
    config_ = write_blob("{}", HashKind::git_sha1);
    first_ = write_blob("first shard");
    second_ = write_blob("second shard");
    index_ =
        write_blob(R"({"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})",
                   HashKind::git_sha1);
    write_link(commit, "config.json", "../../blobs/" + config_);
    write_link(commit, "sub/deep/extra.txt", "../../../../blobs/" + config_);
    write_link(commit, "model-00001-of-00002.safetensors", "../../blobs/" + first_);
    write_link(commit, "model-00002-of-00002.safetensors", "../../blobs/" + second_);
    write_link(commit, "model.safetensors.index.json", "../../blobs/" + index_);
    write_file(model_ / "refs" / "main", commit);
    write_file(model_ / "refs" / "refs" / "pr" / "1", commit);
    write_file(root_ / ".locks" / "models--org--name" / (first_ + ".lock"), "");
    write_file(model_ / ".no_exist" / commit / "adapter_config.json", "");
    write_file(model_ / "trees" / (commit + ".json"), R"({"format_version":1,"files":{}})");
    write_file(model_ / "blobs" / (second_ + ".0a1b2c3d.incomplete"), "part of another program");
    write_file(root_ / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    write_file(root_ / "version.txt", "1");
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_ / "hub";
  const fs::path model_ = root_ / "models--org--name";
  const Cache cache_{root_};
  std::string config_, first_, second_, index_;
};

TEST_F(CacheTest, folder_names_are_those_of_huggingface_hub) {
  EXPECT_EQ(repository_folder_name("org/name"), "models--org--name");
  EXPECT_EQ(repository_folder_name("gpt2"), "models--gpt2");
  EXPECT_EQ(repository_of_folder("models--org--name"), "org/name");
  EXPECT_EQ(repository_of_folder("models--gpt2"), "gpt2");
  for (const char* name : {"datasets--a--b", "models--", "models--a--b--c", "models--..--x", "x", ""}) {
    EXPECT_EQ(repository_of_folder(name), std::nullopt) << name;
  }
  EXPECT_THROW(repository_folder_name("../x"), Error);
  EXPECT_THROW(repository_folder_name("a--b/c"), Error);
}

TEST_F(CacheTest, names_that_could_lead_elsewhere_are_refused_before_anything_is_touched) {
  const std::string blob(64, 'a');
  EXPECT_THROW(cache_.blob("org/name", "../../x"), Error);
  EXPECT_THROW(cache_.blob("org/name", std::string(63, 'a')), Error);
  EXPECT_THROW(cache_.snapshot("org/name", "main"), Error);
  for (const char* path : {"../x", "/etc/x", "a\\..\\b", "C:x", "a/./b", "a//b", "", ".git/config", ".cache/x"}) {
    EXPECT_THROW(cache_.file("org/name", commit, path), Error) << path;
    EXPECT_THROW(cache_.link("org/name", commit, std::vector<std::string>{path}, blob), Error) << path;
    EXPECT_THROW(cache_.note_absent("org/name", commit, path), Error) << path;
  }
  EXPECT_THROW(cache_.set_ref("org/name", "../../x", commit), Error);
  EXPECT_THROW(cache_.set_ref("org/name", "main", "x"), Error);
  EXPECT_FALSE(fs::exists(root_));
}

TEST_F(CacheTest, what_etna_writes_has_exactly_the_names_and_links_of_the_layout) {
  const std::string bytes = "weights", blob = hash_of(bytes, HashKind::sha256);
  cache_.prepare("org/name");
  const auto lock = cache_.try_lock("org/name", blob);
  ASSERT_TRUE(lock);
  write_file(cache_.part("org/name", blob), bytes);
  cache_.adopt_part("org/name", blob);
  cache_.link("org/name", commit, std::vector<std::string>{"model.safetensors", "a/b/copy.safetensors"}, blob);
  cache_.set_ref("org/name", "main", commit);
  cache_.set_ref("org/name", "refs/pr/1", commit);
  cache_.set_ref("org/name", commit, commit);
  cache_.note_absent("org/name", commit, "adapter_config.json");

  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!fs::is_directory(entry.symlink_status())) files.push_back(entry.path().lexically_relative(root_).string());
  }
  std::ranges::sort(files);
  std::vector<std::string> expected = {
      ".locks/models--org--name/" + blob + ".lock",
      "models--org--name/.no_exist/" + commit + "/adapter_config.json",
      "models--org--name/blobs/" + blob,
      "models--org--name/refs/main",
      "models--org--name/refs/refs/pr/1",
      "models--org--name/snapshots/" + commit + "/a/b/copy.safetensors",
      "models--org--name/snapshots/" + commit + "/model.safetensors",
  };
  EXPECT_EQ(files, expected);
  EXPECT_EQ(read_text_file(model_ / "refs" / "main"), commit);
  EXPECT_EQ(fs::read_symlink(model_ / "snapshots" / commit / "model.safetensors"), "../../blobs/" + blob);
  EXPECT_EQ(fs::read_symlink(model_ / "snapshots" / commit / "a/b/copy.safetensors"), "../../../../blobs/" + blob);

  struct stat info {};

  ASSERT_EQ(::stat((model_ / "blobs" / blob).c_str(), &info), 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(info.st_mode & 0777, 0666 & ~mask);
}

TEST_F(CacheTest, a_cache_written_by_python_is_read) {
  write_python_cache();
  EXPECT_EQ(cache_.ref("org/name", "main"), commit);
  EXPECT_EQ(cache_.ref("org/name", "refs/pr/1"), commit);
  EXPECT_EQ(cache_.ref("org/name", "none"), std::nullopt);
  EXPECT_EQ(cache_.find("org/name", commit, "sub/deep/extra.txt"), fs::canonical(model_ / "blobs" / config_));
  EXPECT_EQ(cache_.find("org/name", commit, "none"), std::nullopt);
  EXPECT_TRUE(cache_.is_known_absent("org/name", commit, "adapter_config.json"));
  EXPECT_EQ(cache_.find_blob(first_), model_ / "blobs" / first_);
  EXPECT_EQ(cache_.find_blob(std::string(64, '0')), std::nullopt);

  const CacheListing listing = scan_cache(cache_);
  EXPECT_TRUE(listing.unreadable.empty());
  ASSERT_EQ(listing.repositories.size(), 1u);
  const CachedRepository& repository = listing.repositories[0];
  EXPECT_EQ(repository.id, "org/name");
  EXPECT_GT(repository.others_unfinished_bytes, 0u);
  EXPECT_TRUE(repository.unused_blobs.empty());
  ASSERT_EQ(repository.snapshots.size(), 1u);
  const CachedSnapshot& snapshot = repository.snapshots[0];
  EXPECT_EQ(snapshot.refs, (std::vector<std::string>{"main", "refs/pr/1"}));
  EXPECT_EQ(snapshot.files.size(), 5u);
  EXPECT_EQ(snapshot.files[0].path, "config.json");
  EXPECT_EQ(snapshot.files[0].blob, config_);
  EXPECT_TRUE(snapshot.is_whole());
  EXPECT_EQ(snapshot.bytes, 2u + 11 + 12 + fs::file_size(model_ / "blobs" / index_));
}

TEST_F(CacheTest, a_newline_after_a_commit_is_forgiven_and_nonsense_is_no_ref) {
  write_file(model_ / "refs" / "main", commit + "\n");
  EXPECT_EQ(cache_.ref("org/name", "main"), commit);
  for (const std::string& text : {std::string("../../x"), std::string(41, 'a'), std::string(), std::string(40, 'G')}) {
    write_file(model_ / "refs" / "main", text);
    EXPECT_EQ(cache_.ref("org/name", "main"), std::nullopt) << text;
  }
}

TEST_F(CacheTest, what_is_missing_from_a_snapshot_is_told) {
  write_python_cache();
  fs::remove(model_ / "blobs" / second_);
  auto repository = scan_repository(cache_, "org/name");
  ASSERT_TRUE(repository);
  EXPECT_FALSE(repository->snapshots[0].is_whole());
  EXPECT_EQ(repository->snapshots[0].missing, std::vector<std::string>{"model-00002-of-00002.safetensors"});

  EXPECT_EQ(missing_parts({"m-00002-of-00003.gguf", "x.gguf", "a/b-00001-of-00001.safetensors"}),
            (std::vector<std::string>{"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}));
  EXPECT_TRUE(missing_parts({"m-00004-of-00003.gguf", "m-0001-of-00003.gguf", "-of-.gguf"}).empty());
  EXPECT_EQ(missing_in_index({"a/x.safetensors"}, "a/model.safetensors.index.json",
                             R"({"weight_map":{"p":"x.safetensors","q":"y.safetensors"}})"),
            std::vector<std::string>{"a/y.safetensors"});
  EXPECT_THROW(missing_in_index({}, "i", R"({"weight_map":{"p":"../../y"}})"), Error);
  EXPECT_THROW(missing_in_index({}, "i", R"({"weight_map":{"p":1}})"), Error);
  EXPECT_THROW(missing_in_index({}, "i", "[]"), Error);
}

TEST_F(CacheTest, links_out_of_the_cache_are_not_followed_when_reading_or_writing) {
  write_python_cache();
  write_file(folder_ / "secret", "secret");
  fs::create_directories(folder_ / "outside");
  write_link(commit, "stolen.txt", (folder_ / "secret").string());
  EXPECT_EQ(cache_.find("org/name", commit, "stolen.txt"), std::nullopt);
  fs::create_directory_symlink(folder_ / "outside", model_ / "snapshots" / commit / "linked");
  EXPECT_THROW(cache_.link("org/name", commit, std::vector<std::string>{"linked/x.json"}, config_), Error);
  fs::create_directory_symlink(folder_ / "outside", root_ / "models--org--evil");
  EXPECT_THROW(cache_.prepare("org/evil"), Error);
  EXPECT_TRUE(fs::is_empty(folder_ / "outside"));

  const auto repository = scan_repository(cache_, "org/name");
  const auto stolen = std::ranges::find(repository->snapshots[0].files, "stolen.txt", &CachedFile::path);
  ASSERT_NE(stolen, repository->snapshots[0].files.end());
  EXPECT_FALSE(stolen->is_present);
  EXPECT_EQ(linked_blob(model_ / "snapshots" / commit / "stolen.txt"), std::nullopt);
}

TEST_F(CacheTest, hostile_entries_of_a_cache_are_passed_over) {
  write_python_cache();
  fs::create_directories(root_ / "models--..--x" / "snapshots" / commit);
  fs::create_directories(root_ / "models--a--b" / "snapshots" / "not-a-commit");
  write_file(root_ / "models--a--b" / "refs" / "main", random_bytes(3000, 1));
  fs::create_directories(root_ / "models--a--b" / "snapshots" / commit);
  write_file(root_ / "models--a--b" / "snapshots" / commit / "bad\nname", "x");
  fs::create_symlink(".", root_ / "models--a--b" / "snapshots" / commit / "loop");
  write_file(root_ / "models--a--b" / "snapshots" / commit / "x.safetensors.index.json", std::string(2000, '['));
  const CacheListing listing = scan_cache(cache_);
  EXPECT_EQ(listing.repositories.size(), 2u);
  EXPECT_EQ(listing.unreadable.size(), 3u);
}

TEST_F(CacheTest, without_links_the_snapshot_holds_the_file_and_there_is_no_blob) {
  const Cache cache(root_, Cache::Links::none);
  const std::string blob = write_blob("bytes");
  cache.prepare("org/name");
  cache.link("org/name", commit, std::vector<std::string>{"one.bin", "two.bin"}, blob);
  EXPECT_FALSE(fs::exists(model_ / "blobs" / blob));
  for (const char* name : {"one.bin", "two.bin"}) {
    EXPECT_EQ(fs::symlink_status(model_ / "snapshots" / commit / name).type(), fs::file_type::regular);
    EXPECT_EQ(read_text_file(model_ / "snapshots" / commit / name), "bytes");
  }
  cache.link("org/name", commit, std::vector<std::string>{"one.bin"}, blob);  // already done
  EXPECT_EQ(scan_repository(cache, "org/name")->snapshots[0].files[0].size, 5u);
}

TEST_F(CacheTest, links_are_found_out_by_trying_and_leave_nothing_behind) {
  EXPECT_EQ(cache_.links(), Cache::Links::symbolic);
  EXPECT_TRUE(fs::is_empty(root_));
  EXPECT_TRUE(cache_.is_writable());
}

TEST_F(CacheTest, a_lock_held_by_flock_of_another_process_is_respected_and_the_other_way_round) {
  cache_.prepare("org/name");
  const std::string blob(64, 'a');
  const fs::path file = root_ / ".locks" / "models--org--name" / (blob + ".lock");
  int ready[2], go_on[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // what Python's filelock does
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    char byte = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(go_on[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_FALSE(cache_.try_lock("org/name", blob));
  ASSERT_EQ(::write(go_on[1], &byte, 1), 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto mine = cache_.try_lock("org/name", blob);
  ASSERT_TRUE(mine);
  EXPECT_FALSE(cache_.try_lock("org/name", blob));
  const int other = ::open(file.c_str(), O_RDWR);
  EXPECT_NE(::flock(other, LOCK_EX | LOCK_NB), 0);
  ::close(other);
}

TEST_F(CacheTest, a_lock_on_a_removed_file_counts_for_nothing) {
  cache_.prepare("org/name");
  const std::string blob(64, 'a');
  const auto first = cache_.try_lock("org/name", blob);
  ASSERT_TRUE(first);
  fs::remove(root_ / ".locks" / "models--org--name" / (blob + ".lock"));
  const auto second = cache_.try_lock("org/name", blob);
  EXPECT_TRUE(second);
  EXPECT_TRUE(fs::exists(root_ / ".locks" / "models--org--name" / (blob + ".lock")));
}

TEST_F(CacheTest, removing_one_commit_keeps_what_another_uses_and_comes_back_whole) {
  write_python_cache();
  write_link(other_commit, "config.json", "../../blobs/" + config_);
  write_file(model_ / "refs" / "v2", other_commit);
  const RemovalPlan plan = plan_removal(cache_, "org/name", commit);
  EXPECT_FALSE(plan.is_whole_repository);
  EXPECT_EQ(plan.refs, (std::vector<std::string>{"main", "refs/pr/1"}));
  EXPECT_EQ(plan.kept, std::vector<fs::path>{model_ / "blobs" / config_});
  EXPECT_EQ(plan.blobs.size(), 3u);
  EXPECT_GT(plan.freed_bytes, 0u);

  const TrashedModel trashed = move_to_trash(cache_, plan);
  EXPECT_TRUE(fs::exists(model_ / "blobs" / config_));
  EXPECT_FALSE(fs::exists(model_ / "blobs" / first_));
  EXPECT_FALSE(fs::exists(model_ / "snapshots" / commit));
  EXPECT_FALSE(fs::exists(model_ / "refs" / "main"));
  EXPECT_TRUE(fs::exists(model_ / "refs" / "v2"));
  EXPECT_TRUE(fs::exists(model_ / "blobs" / (second_ + ".0a1b2c3d.incomplete")));
  EXPECT_EQ(trashed.info.extension(), ".trashinfo");
  const std::string note = read_text_file(trashed.info);
  EXPECT_TRUE(note.starts_with("[Trash Info]\nPath=/")) << note;
  EXPECT_NE(note.find("\nDeletionDate=20"), note.npos);

  restore(cache_, trashed);
  EXPECT_TRUE(scan_repository(cache_, "org/name")->snapshots[0].is_whole() ||
              scan_repository(cache_, "org/name")->snapshots[1].is_whole());
  EXPECT_EQ(cache_.ref("org/name", "main"), commit);
  EXPECT_EQ(cache_.ref("org/name", "refs/pr/1"), commit);
  EXPECT_FALSE(fs::exists(trashed.folder));
  EXPECT_FALSE(fs::exists(trashed.info));
}

TEST_F(CacheTest, removing_a_whole_repository_moves_its_folder_and_can_be_made_final) {
  write_python_cache();
  const std::string unused = write_blob("nobody's");
  const RemovalPlan plan = plan_removal(cache_, "org/name");
  EXPECT_TRUE(plan.is_whole_repository);
  EXPECT_EQ(plan.blobs.size(), 5u);
  TrashedModel trashed = move_to_trash(cache_, plan);
  EXPECT_FALSE(fs::exists(model_));
  restore(cache_, trashed);
  EXPECT_TRUE(scan_repository(cache_, "org/name")->snapshots[0].is_whole());
  trashed = move_to_trash(cache_, plan);
  delete_for_good(trashed);
  EXPECT_FALSE(fs::exists(trashed.folder));
  EXPECT_THROW(restore(cache_, trashed), Error);
  EXPECT_THROW(plan_removal(cache_, "org/name"), Error);
}

/// Two GGUF versions, one of them in two parts, with a file that both share.
class SeveralVersions : public CacheTest {
protected:
  void SetUp() override {
    CacheTest::SetUp();
    config_ = write_blob("{}", HashKind::git_sha1);
    small_ = write_blob("small");
    first_ = write_blob("first part");
    second_ = write_blob("second part");
    write_link(commit, "config.json", "../../blobs/" + config_);
    write_link(commit, "m-Q4_K_M.gguf", "../../blobs/" + small_);
    write_link(commit, "Q8_0/m-Q8_0-00001-of-00002.gguf", "../../../blobs/" + first_);
    write_link(commit, "Q8_0/m-Q8_0-00002-of-00002.gguf", "../../../blobs/" + second_);
    write_file(model_ / "refs" / "main", commit);
  }

  std::vector<std::string> files_of(const std::string& key) {
    for (const ModelVersion& version : versions_in(scan_repository(cache_, "org/name")->snapshots[0]).versions) {
      if (version.key == key) return version.weight_files;
    }
    return {};
  }

  /// Every name below the repository, with what links say.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(model_)) {
      const std::string name = entry.path().lexically_relative(model_).string();
      found.push_back(entry.is_symlink() ? name + " → " + fs::read_symlink(entry.path()).string() : name);
    }
    std::ranges::sort(found);
    return found;
  }

  bool has_blob(const std::string& blob) const { return fs::exists(model_ / "blobs" / blob); }

  std::string small_;
};

TEST_F(SeveralVersions, of_a_snapshot_are_told_apart) {
  EXPECT_EQ(files_of("Q4_K_M"), std::vector<std::string>{"m-Q4_K_M.gguf"});
  EXPECT_EQ(files_of("Q8_0"),
            (std::vector<std::string>{"Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf"}));
}

TEST_F(SeveralVersions, one_goes_without_the_other_and_comes_back_as_it_was) {
  const auto before = names();
  const RemovalPlan plan = plan_removal(cache_, "org/name", commit, files_of("Q8_0"));
  EXPECT_EQ(plan.files, files_of("Q8_0"));
  EXPECT_EQ(plan.blobs.size(), 2u);
  EXPECT_TRUE(plan.refs.empty());
  EXPECT_TRUE(plan.kept.empty());
  EXPECT_GT(plan.freed_bytes, 0u);

  const TrashedModel trashed = move_to_trash(cache_, plan);
  EXPECT_FALSE(has_blob(first_) || has_blob(second_));
  EXPECT_FALSE(fs::exists(model_ / "snapshots" / commit / "Q8_0"));
  EXPECT_EQ(cache_.ref("org/name", "main"), commit);
  const auto repository = scan_repository(cache_, "org/name");
  EXPECT_TRUE(repository->snapshots[0].is_whole());
  EXPECT_EQ(repository->snapshots[0].files.size(), 2u);

  restore(cache_, trashed);
  EXPECT_EQ(names(), before);
  EXPECT_FALSE(fs::exists(trashed.folder));
  EXPECT_FALSE(fs::exists(trashed.info));
}

TEST_F(SeveralVersions, what_another_snapshot_or_another_name_uses_stays) {
  write_link(other_commit, "m-Q4_K_M.gguf", "../../blobs/" + small_);
  write_link(commit, "copy-Q5_0.gguf", "../../blobs/" + first_);
  const RemovalPlan small = plan_removal(cache_, "org/name", commit, {"m-Q4_K_M.gguf"});
  EXPECT_EQ(small.kept, std::vector<fs::path>{model_ / "blobs" / small_});
  EXPECT_TRUE(small.blobs.empty());
  EXPECT_EQ(small.freed_bytes, 0u);
  const TrashedModel trashed = move_to_trash(cache_, small);
  EXPECT_TRUE(cache_.find("org/name", other_commit, "m-Q4_K_M.gguf"));
  EXPECT_FALSE(cache_.find("org/name", commit, "m-Q4_K_M.gguf"));
  restore(cache_, trashed);
  EXPECT_TRUE(cache_.find("org/name", commit, "m-Q4_K_M.gguf"));

  const RemovalPlan parts = plan_removal(cache_, "org/name", commit, files_of("Q8_0"));
  EXPECT_EQ(parts.blobs, std::vector<std::string>{second_});
  EXPECT_EQ(parts.kept, std::vector<fs::path>{model_ / "blobs" / first_});
}

TEST_F(SeveralVersions, what_is_linked_again_after_the_question_stays) {
  const RemovalPlan plan = plan_removal(cache_, "org/name", commit, {"m-Q4_K_M.gguf"});
  write_link(other_commit, "m-Q4_K_M.gguf", "../../blobs/" + small_);
  move_to_trash(cache_, plan);
  EXPECT_TRUE(cache_.find("org/name", other_commit, "m-Q4_K_M.gguf"));

  const RemovalPlan everything = plan_removal(cache_, "org/name");
  write_link(std::string(40, 'c'), "config.json", "../../blobs/" + config_);
  EXPECT_THROW(move_to_trash(cache_, everything), Error);
  EXPECT_TRUE(has_blob(first_));
}

TEST_F(SeveralVersions, the_last_one_takes_the_snapshot_with_it) {
  const auto before = names();
  const TrashedModel first = move_to_trash(cache_, plan_removal(cache_, "org/name", commit, files_of("Q8_0")));
  const RemovalPlan plan = plan_removal(cache_, "org/name", commit, {"m-Q4_K_M.gguf"});
  EXPECT_TRUE(plan.is_whole_repository);
  EXPECT_EQ(plan.refs, std::vector<std::string>{"main"});
  const TrashedModel last = move_to_trash(cache_, plan);
  EXPECT_FALSE(fs::exists(model_));
  restore(cache_, first);
  restore(cache_, last);
  EXPECT_EQ(names(), before);
}

TEST_F(SeveralVersions, without_links_the_files_themselves_go) {
  const fs::path snapshot = model_ / "snapshots" / commit;
  for (const char* file : {"m-Q4_K_M.gguf", "Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf"}) {
    fs::rename(fs::canonical(snapshot / file), snapshot / file);
  }
  const auto before = names();
  const RemovalPlan plan = plan_removal(cache_, "org/name", commit, files_of("Q8_0"));
  EXPECT_GT(plan.freed_bytes, 0u);
  const TrashedModel trashed = move_to_trash(cache_, plan);
  EXPECT_FALSE(fs::exists(snapshot / "Q8_0"));
  EXPECT_TRUE(fs::exists(snapshot / "m-Q4_K_M.gguf"));
  restore(cache_, trashed);
  EXPECT_EQ(names(), before);
}

TEST_F(SeveralVersions, files_that_are_not_there_are_named) {
  for (const char* file : {"none.gguf", "../../refs/main", "/etc/passwd", ""}) {
    EXPECT_THROW(plan_removal(cache_, "org/name", commit, {"m-Q4_K_M.gguf", file}), Error) << file;
  }
  EXPECT_THROW(plan_removal(cache_, "org/name", other_commit, {"m-Q4_K_M.gguf"}), Error);
}

TEST_F(SeveralVersions, a_version_that_is_still_being_loaded_keeps_the_repository_where_it_is) {
  const std::string coming(64, 'd');
  cache_.prepare("org/name");
  write_file(cache_.part("org/name", coming), "part");
  const RemovalPlan plan = plan_removal(cache_, "org/name");
  {
    const auto lock = cache_.try_lock("org/name", coming);
    ASSERT_TRUE(lock);
    EXPECT_THROW(move_to_trash(cache_, plan), Error);
    EXPECT_NO_THROW(
        restore(cache_, move_to_trash(cache_, plan_removal(cache_, "org/name", commit, {"m-Q4_K_M.gguf"}))));
  }
  EXPECT_NO_THROW(move_to_trash(cache_, plan));
}

TEST_F(CacheTest, nothing_moves_while_a_file_of_it_is_being_loaded) {
  write_python_cache();
  const auto lock = cache_.try_lock("org/name", first_);
  ASSERT_TRUE(lock);
  EXPECT_THROW(move_to_trash(cache_, plan_removal(cache_, "org/name")), Error);
  EXPECT_TRUE(scan_repository(cache_, "org/name")->snapshots[0].is_whole());
}

}  // namespace
}  // namespace etna::hub
