#include "hub/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna::test {

using testing::ElementsAre;
using testing::Pair;

TEST(Names, usual_files_may_be_stored) {
  for (const char* name :
       {"config.json", "model-00001-of-00005.safetensors", ".gitattributes", "sub/dir/extra.txt", "Q4_K_M/a b.gguf",
        "模型.gguf", "caf\u00E9.txt", "a.cache/x", "console.txt", "com.txt", "+x=(1).bin", "..hidden/..x"}) {
    EXPECT_EQ(hub::wrong_with_file_name(name), std::nullopt) << name;
  }
}

TEST(Names, files_that_could_leave_their_folder_or_deceive_are_refused) {
  const std::string long_segment(256, 'x');
  std::string long_path;
  for (int i = 0; i < 200; ++i) long_path += "folder/";
  for (const std::string& name : {std::string(""),
                                  std::string("../x"),
                                  std::string("a/../b"),
                                  std::string("/etc/x"),
                                  std::string("a\\..\\b"),
                                  std::string("C:\\x"),
                                  std::string("C:x"),
                                  std::string("\\\\server\\x"),
                                  std::string("a/./b"),
                                  std::string("a//b"),
                                  std::string("a/"),
                                  std::string("."),
                                  std::string(".."),
                                  std::string("x."),
                                  std::string("x "),
                                  std::string(" x"),
                                  std::string("dir./x"),
                                  std::string("CON"),
                                  std::string("nul.txt"),
                                  std::string("a/COM1.tar.gz"),
                                  std::string("lpt9"),
                                  std::string("a\nb"),
                                  std::string("a\x1B[2J"),
                                  std::string("a\x7F"),
                                  std::string("a\0b", 3),
                                  std::string("\u202Egpj.exe"),
                                  std::string("a\u200Bb"),
                                  std::string("a\uFEFF"),
                                  std::string("\u2066x"),
                                  std::string("cafe\u0301.txt"),
                                  std::string("\xFF.txt"),
                                  std::string("\xC0\xAE\xC0\xAE/x"),
                                  std::string(".git/config"),
                                  std::string("a/.GIT/hooks/x"),
                                  std::string(".cache/huggingface/x"),
                                  long_segment,
                                  long_path + "x"}) {
    EXPECT_NE(hub::wrong_with_file_name(name), std::nullopt) << hub::escaped_name(name);
    EXPECT_THROW(hub::check_file_name(name), Error);
  }
}

TEST(Names, repositories) {
  for (const char* id : {"gpt2", "org/name", "Org_1/Name-2.5_x", "01-ai/Yi-6B", "_x/y_"}) {
    EXPECT_EQ(hub::wrong_with_repository_id(id), std::nullopt) << id;
  }
  for (const std::string& id :
       {std::string(""), std::string("a/b/c"), std::string("/a"), std::string("a/"), std::string("a/.."),
        std::string("../a"), std::string("a/b--c"), std::string("a/b..c"), std::string("a/-b"), std::string("a/b."),
        std::string("a/b.git"), std::string("a b"), std::string("a/b?x"), std::string("a/\u0430"),
        "a/" + std::string(97, 'x'), std::string("a\0b", 3)}) {
    EXPECT_NE(hub::wrong_with_repository_id(id), std::nullopt) << hub::escaped_name(id);
  }
}

TEST(Names, revisions) {
  for (const char* revision : {"main", "v1.0", "refs/pr/1", "feature/a-b"}) {
    EXPECT_EQ(hub::wrong_with_revision(revision), std::nullopt) << revision;
  }
  for (const char* revision :
       {"", "..", "a/../b", "/x", "a//b", "a b", "x.lock", ".x", "a^", "a~1", "a:b", "a?", "@{1}", "a\\b", "a\n"}) {
    EXPECT_NE(hub::wrong_with_revision(revision), std::nullopt) << revision;
  }
}

TEST(Names, commits_and_blobs_are_hexadecimal) {
  const std::string commit(40, 'a');
  EXPECT_TRUE(hub::is_commit(commit));
  EXPECT_TRUE(hub::is_blob_name(commit));
  EXPECT_TRUE(hub::is_blob_name(std::string(64, '0')));
  for (const std::string& bad : {std::string(), std::string(39, 'a'), std::string(40, 'A'), std::string(40, 'g'),
                                 "../" + std::string(37, 'a'), std::string(41, 'a')}) {
    EXPECT_FALSE(hub::is_commit(bad));
    EXPECT_FALSE(hub::is_blob_name(bad));
    EXPECT_THROW(hub::check_commit(bad), Error);
  }
}

TEST(Names, collisions_are_found_in_files_and_folders) {
  EXPECT_THAT(hub::colliding_names({"a", "b", "A"}), ElementsAre(Pair(0, 2)));
  EXPECT_THAT(hub::colliding_names({"Dir/x", "dir/y"}), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(hub::colliding_names({"dir/x", "dir/y", "x"}), ElementsAre());
  EXPECT_THAT(hub::colliding_names({"a", "a/b"}), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(hub::colliding_names({"a/b", "a"}), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(hub::colliding_names({"stra\u00DFe", "STRASSE"}), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(hub::colliding_names({"caf\u00E9", "cafe\u0301"}), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(hub::colliding_names({"a", "a"}), ElementsAre(Pair(0, 1)));
}

TEST(Names, what_is_shown_cannot_deceive) {
  EXPECT_EQ(hub::escaped_name("a\u202Eb\n\xFF"), "a\\u{202E}b\\u{A}\\xFF");
  EXPECT_EQ(hub::escaped_name("模型"), "模型");
  EXPECT_EQ(hub::escaped_name("aaaaaaaaaa", 4), "aaaa…");
  EXPECT_EQ(hub::escaped_name("aaaa", 4), "aaaa");
  EXPECT_EQ(hub::escaped_name("aaa\xFF\xFF", 5), "aaa…");
}

}  // namespace etna::test
