#include "engine/tokenizer/long_lists.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/excerpt.h"
#include "engine/tokenizer/json_reader.h"

namespace etna {

namespace {

bool starts_number(char c) {
  return c == '-' || (c >= '0' && c <= '9');
}

template <class Number>
std::optional<Number> parse(std::string_view digits) {
  Number value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void read_ids(JsonReader& reader, Vocabulary& vocabulary, std::string_view where) {
  constexpr std::size_t enough = 32;  // tokens whose places are on their way from memory
  std::vector<std::pair<std::string_view, std::int64_t>> batch;
  const auto add = [&] {
    for (const auto& [token, id] : batch) {
      if (const auto known = vocabulary.add(token, id, where); known != id) {
        fail(Errc::corrupt, "{}: vocab: {} is there twice, with the ids {} and {}", where, excerpt(token), known, id);
      }
    }
    batch.clear();
    reader.forget();
  };
  reader.members([&](std::string_view token) {
    const auto id = starts_number(reader.peek()) ? parse<std::int64_t>(reader.number()) : std::nullopt;
    if (!id) fail(Errc::corrupt, "{}: vocab: the id of {} is not an integer", where, excerpt(token));
    vocabulary.prefetch(token);
    batch.emplace_back(token, *id);
    if (batch.size() == enough) add();
  });
  add();
}

void read_scores(JsonReader& reader, Vocabulary& vocabulary, std::vector<double>& scores, std::string_view where) {
  const auto refuse = [&] {
    fail(Errc::corrupt, "{}: vocab: entry {} is not a token and its score", where, scores.size());
  };
  reader.elements([&] {
    if (reader.peek() != '[') refuse();
    std::string_view token;
    std::size_t parts = 0;
    reader.elements([&] {
      const char next = reader.peek();
      if (parts == 0 && next == '"') {
        token = reader.string();
      } else if (parts == 1 && starts_number(next)) {
        const auto score = parse<double>(reader.number());
        if (!score) reader.malformed();  // beyond what a double can hold
        vocabulary.add(token, static_cast<std::int64_t>(scores.size()), where);
        scores.push_back(*score);
      } else {
        refuse();
      }
      ++parts;
    });
    if (parts != 2) refuse();
    reader.forget();
  });
}

/// One merge, which comes next.
Bpe::Merge read_merge(JsonReader& reader, const LongLists& lists, std::size_t rank, std::string_view where) {
  const char first = reader.peek();
  const std::size_t position = reader.position();
  const auto refuse = [&] {
    fail(Errc::corrupt, "{}: merge {} is not two tokens: {}", where, rank,
         excerpt(JsonReader(lists.text, where, position).skip()));
  };
  if (first == '"') {
    const std::string_view text = reader.string();
    const auto space = text.find(' ');
    if (space == text.npos || text.find(' ', space + 1) != text.npos) refuse();
    return {text.substr(0, space), text.substr(space + 1)};
  }
  if (first != '[') refuse();
  std::array<std::string_view, 2> parts;
  std::size_t count = 0;
  reader.elements([&] {
    if (reader.peek() != '"' || count == parts.size()) refuse();
    parts[count++] = reader.string();
  });
  if (count != parts.size()) refuse();
  return {parts[0], parts[1]};
}

}  // namespace

LongLists find_long_lists(std::string_view text, std::string_view where) {
  LongLists lists;
  lists.text = text;
  JsonReader reader(text, where, text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (!utf8::is_valid(text)) reader.malformed();
  std::size_t copied = 0;
  const auto cut = [&](std::string_view name, std::optional<LongLists::Place>& place) {
    if (place) fail(Errc::corrupt, "{}: model: {} is there twice", where, name);
    const bool is_null = reader.peek() == 'n';
    const std::size_t position = reader.position();
    reader.skip();
    if (is_null) return;
    place = {position, reader.strings()};
    lists.rest.append(text, copied, position - copied).append("null");
    copied = reader.position();
  };
  if (reader.peek() == '{') {
    reader.members([&](std::string_view section) {
      if (section != "model" || reader.peek() != '{') return void(reader.skip());
      reader.members([&](std::string_view name) {
        if (name == "vocab") return cut(name, lists.vocabulary);
        if (name == "merges") return cut(name, lists.merges);
        reader.skip();
      });
    });
  }
  lists.rest.append(text, copied);
  return lists;
}

std::shared_ptr<Vocabulary> read_vocabulary(const LongLists& lists, std::size_t more, std::vector<double>& scores,
                                            std::string_view where) {
  if (!lists.vocabulary) fail(Errc::corrupt, "{}: vocab is missing", where);
  JsonReader reader(lists.text, where, lists.vocabulary->position);
  auto vocabulary = std::make_shared<Vocabulary>();
  vocabulary->reserve(lists.vocabulary->strings + more);
  const char first = reader.peek();
  if (first == '{') {
    read_ids(reader, *vocabulary, where);
  } else if (first == '[') {
    read_scores(reader, *vocabulary, scores, where);
  } else {
    fail(Errc::corrupt, "{}: vocab is neither an object nor a list", where);
  }
  return vocabulary;
}

std::vector<Bpe::Join> read_merges(const LongLists& lists, const Vocabulary& vocabulary, std::string_view prefix,
                                   std::string_view where) {
  if (!lists.merges) fail(Errc::corrupt, "{}: merges is missing", where);
  JsonReader reader(lists.text, where, lists.merges->position);
  if (reader.peek() != '[') fail(Errc::corrupt, "{}: merges is not a list", where);
  std::vector<Bpe::Join> joins;
  joins.reserve(lists.merges->strings);
  std::vector<Bpe::Merge> batch;
  const auto resolve = [&] {
    Bpe::resolve(vocabulary, batch, prefix, where, joins);
    batch.clear();
    reader.forget();
  };
  reader.elements([&] {
    batch.push_back(read_merge(reader, lists, joins.size() + batch.size(), where));
    if (constexpr std::size_t enough = 256; batch.size() == enough) resolve();
  });
  resolve();
  return joins;
}

}  // namespace etna
