#include "engine/training/data/data_file.h"

#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

std::vector<std::string> texts(const DataFile& file) {
  std::vector<std::string> result;
  RecordReader reader = file.reader();
  for (RawRecord record; reader.next(record);) result.push_back(record.text);
  return result;
}

class DataFileTest : public testing::Test {
protected:
  std::shared_ptr<const DataFile> open(const std::string& name, const std::string& content) {
    return DataFile::open(folder_.write(name, content));
  }

  test::TemporaryFolder folder_;
};

using Texts = std::vector<std::string>;

TEST_F(DataFileTest, lines_are_records_and_empty_ones_are_not) {
  const auto file = open("a.jsonl", "{\"a\":1}\n\n  \n{\"b\":2}\r\n{\"c\":3}");
  EXPECT_EQ(file->kind(), FileKind::json_lines);
  EXPECT_EQ(texts(*file), (Texts{"{\"a\":1}", "{\"b\":2}\r", "{\"c\":3}"}));
  EXPECT_EQ(file->records(), 3u);
  EXPECT_EQ(file->read(1).line, 4u);
  EXPECT_EQ(file->read(1).number, 2u);
}

TEST_F(DataFileTest, a_mark_at_the_beginning_is_no_text) {
  EXPECT_EQ(texts(*open("a.jsonl", "\xEF\xBB\xBF{\"a\":1}\n")), Texts{"{\"a\":1}"});
}

TEST_F(DataFileTest, a_list_holds_records_that_may_be_long) {
  const auto file = open("a.json", "[\n {\"a\": \"]}\\\"\"},\n {\"b\":\n [1, {\"c\": 2}]}\n , 7 ]\n");
  EXPECT_EQ(file->kind(), FileKind::json_list);
  EXPECT_EQ(texts(*file), (Texts{"{\"a\": \"]}\\\"\"}", "{\"b\":\n [1, {\"c\": 2}]}", "7 "}));
  EXPECT_EQ(file->read(1).line, 3u);
  EXPECT_EQ(file->read(2).line, 5u);
}

TEST_F(DataFileTest, brackets_too_many_are_records_of_their_own) {
  EXPECT_EQ(texts(*open("a.json", "[{}, }}, 7}, {}]")), (Texts{"{}", "}", "}", "7}", "{}"}));
}

TEST_F(DataFileTest, a_list_may_lie_in_an_object) {
  const auto file = open("a.json", "{\"version\": [1], \"data\": [{\"a\": 1}, {\"a\": 2}], \"more\": 3}");
  EXPECT_EQ(file->kind(), FileKind::json_list);
  EXPECT_EQ(texts(*file), (Texts{"{\"a\": 1}", "{\"a\": 2}"}));
}

TEST_F(DataFileTest, lines_of_json_may_be_called_json) {
  const auto file = open("a.json", "{\"data\": [1]}\n{\"data\": [2]}\n");
  EXPECT_EQ(file->kind(), FileKind::json_lines);
  EXPECT_EQ(file->records(), 2u);
  EXPECT_EQ(open("one.json", "{\"messages\": []}\n")->records(), 1u);
}

TEST_F(DataFileTest, a_table_has_names_first) {
  const auto file = open("a.csv", "Question ;\"The answer\"\r\n\"1\n2\";x\r\n\r\ny;\"z\"\"\n\"\r\n");
  EXPECT_EQ(file->kind(), FileKind::csv);
  EXPECT_EQ(file->header(), (Texts{"Question", "The answer"}));
  EXPECT_EQ(texts(*file), (Texts{"\"1\n2\";x\r", "y;\"z\"\"\n\"\r"}));
  EXPECT_EQ(file->read(0).line, 2u);
  EXPECT_EQ(file->read(1).line, 5u);
}

TEST_F(DataFileTest, any_record_of_a_large_file_is_found) {
  std::string content;
  for (int i = 0; i < 40'000; ++i)
    content += "{\"text\": \"row " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), '.') + "\"}\n";
  ASSERT_GT(content.size(), std::size_t{1} << 20) << "large enough for the index to be built in the background";
  const auto file = open("a.jsonl", content);
  EXPECT_TRUE(file->read(39'999).text.starts_with("{\"text\": \"row 39999."));
  EXPECT_EQ(file->read(17'001).line, 17'002u);
  EXPECT_EQ(file->records(), 40'000u);
  EXPECT_EQ(file->index().bytes, content.size());
  EXPECT_TRUE(file->index().complete);
  test::expect_failure([&] { file->read(40'000); }, Errc::invalid_argument, {"row 40001", "40000"});
}

TEST_F(DataFileTest, reading_can_be_stopped_while_the_index_is_built) {
  const auto file = open("a.jsonl", "{}" + std::string(3 << 20, '\n') + "{}");
  std::stop_source stop;
  stop.request_stop();
  try {
    file->records({.report = {}, .stop = stop.get_token()});
    EXPECT_TRUE(file->index().complete) << "it was ready before it was asked for";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled);
  }
}

TEST_F(DataFileTest, of_a_record_without_end_only_the_beginning_is_kept) {
  const auto file = open("a.jsonl", "{\"text\": \"" + std::string(RecordReader::most_bytes + 5, 'x') + "\"}\n{}\n");
  RecordReader reader = file->reader();
  RawRecord record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.text.size(), RecordReader::most_bytes);
  EXPECT_EQ(record.bytes, RecordReader::most_bytes + 17);
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.text, "{}");
}

TEST_F(DataFileTest, a_file_that_changes_while_it_is_read_is_refused) {
  const auto file = open("a.jsonl", "{}\n");
  folder_.write("a.jsonl", "{}\n{}\n");
  test::expect_failure([&] { file->read(0); }, Errc::io, {"a.jsonl", "changed"});
}

TEST_F(DataFileTest, files_of_other_kinds_are_named) {
  const auto refused = [&](const char* name, const std::string& content, Errc code, const char* part) {
    test::expect_failure([&] { open(name, content); }, code, {name, part});
  };
  refused("a.parquet", "PAR1xxxx", Errc::unsupported, "Parquet");
  refused("a.jsonl.gz", "\x1F\x8B\x08", Errc::unsupported, "unpack");
  refused("a.json", "\xFF\xFE{", Errc::unsupported, "UTF-16");
  refused("a.jsonl", "", Errc::corrupt, "empty");
  refused("a.jsonl", " \n ", Errc::corrupt, "white space");
  refused("a.jsonl", std::string("ab\0c", 4), Errc::corrupt, "no text");
  refused("a.txt", "once upon a time", Errc::unsupported, "neither");
  refused("a.json", "{\n \"a\": 1,\n \"b\": 2\n}", Errc::corrupt, "list of rows");
  test::expect_failure([&] { DataFile::open(folder_ / "none.jsonl"); }, Errc::not_found, {"none.jsonl"});
  test::expect_failure([&] { DataFile::open(folder_.path()); }, Errc::io, {"is no file"});
}

}  // namespace
}  // namespace etna::training
