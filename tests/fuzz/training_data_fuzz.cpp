#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/training/data/row.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/fuzz/fuzz.h"

/// A data file, whose first byte says what it is called: refused with an Error, or read into records whose texts lie in the
/// file one after the other, and those into rows or into what is wrong with them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  using namespace etna::training;
  static const test::TemporaryFolder folder;
  if (size == 0) return 0;
  static constexpr const char* names[] = {"a.jsonl", "a.json", "a.csv", "a.tsv"};
  const std::string text(fuzz::as_text(data + 1, size - 1));
  const auto path = folder.write(names[data[0] % std::size(names)], text);
  const DataFixes chosen{.join_messages = true, .read_windows_1252 = true};
  try {
    const auto file = DataFile::open(path);
    std::vector<std::shared_ptr<const nlohmann::ordered_json>> values;
    RecordReader reader = file->reader();
    RawRecord record;
    std::uint64_t count = 0, lines = 0;
    std::size_t from = 0;
    std::string last;
    while (reader.next(record)) {
      ++count;
      last = record.text;
      fuzz::require(record.number == count && record.line >= lines, "numbers rise");
      lines = record.line;
      const std::size_t at = text.find(record.text, from);
      fuzz::require(at != text.npos, "a record's text is the file's");
      from = at + record.text.size();
      RowValues row = row_values(*file, record, chosen);
      if (values.size() < 20 && row.index() == 0) values.push_back(std::get<0>(row));
    }
    fuzz::require(file->records() == count, "the index counts the same records");
    if (count > 0) fuzz::require(file->read(count - 1).text == last, "any record is found by its number");
    const DataFormat format = detect_format(sample_columns(values));
    for (const auto& row : values) {
      const Row meant = make_row(*row, format.mapping, chosen);
      if (const auto* conversation = std::get_if<Conversation>(&meant)) {
        fuzz::require(conversation->is_text() || !conversation->messages->empty(), "a conversation says something");
        conversation->hash();
        conversation->has_mail_address();
        conversation->has_secret();
      }
      make_row(*row, format.mapping, {});
    }
  } catch (const Error&) {
    // refused, as broken files must be
  }
  return 0;
}
