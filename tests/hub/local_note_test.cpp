#include "hub/local_note.h"

#include <gtest/gtest.h>

#include "engine/base/files.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

const LocalFile known{.commit = std::string(40, 'c'), .blob = std::string(64, 'b')};

TEST(LocalNote, what_is_noted_is_found_until_the_file_changes) {
  const TemporaryFolder folder;
  write_file(folder / "deep/model.safetensors", "weights");
  EXPECT_FALSE(find_local_file(folder.path(), "deep/model.safetensors"));
  note_local_file(folder.path(), "deep/model.safetensors", known);
  EXPECT_EQ(find_local_file(folder.path(), "deep/model.safetensors"), known);
  EXPECT_EQ(read_text_file(folder / ".cache/huggingface/.gitignore"), "*");
  fs::last_write_time(folder / "deep/model.safetensors", fs::file_time_type::clock::now() + std::chrono::seconds(9));
  EXPECT_FALSE(find_local_file(folder.path(), "deep/model.safetensors"));
}

TEST(LocalNote, what_huggingface_hub_wrote_is_read) {
  const TemporaryFolder folder;
  write_file(folder / "config.json", "{}");
  const fs::path note = folder / ".cache/huggingface/download/config.json.metadata";
  write_file(note, known.commit + "\n" + std::string(40, 'a') + "\n9731951234.123456\n");
  ASSERT_TRUE(find_local_file(folder.path(), "config.json"));
  EXPECT_EQ(find_local_file(folder.path(), "config.json")->blob, std::string(40, 'a'));
}

TEST(LocalNote, notes_that_make_no_sense_are_none) {
  const TemporaryFolder folder;
  write_file(folder / "config.json", "{}");
  const fs::path note = folder / ".cache/huggingface/download/config.json.metadata";
  for (const std::string& text :
       {std::string(), std::string("main\n" + known.blob + "\n9731951234.1\n"),
        known.commit + "\n../../x\n9731951234.1\n", known.commit + "\n" + known.blob + "\nsoon\n",
        known.commit + "\n" + known.blob + "\n1.0\n", std::string(10'000, 'x')}) {
    write_file(note, text);
    EXPECT_FALSE(find_local_file(folder.path(), "config.json")) << text.substr(0, 60);
  }
  EXPECT_FALSE(find_local_file(folder.path(), "../config.json"));
  EXPECT_THROW(note_local_file(folder.path(), "../config.json", known), Error);
}

}  // namespace
}  // namespace etna::hub
