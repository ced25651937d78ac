#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/tokenizer/normal_form.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/fuzz/fuzz.h"

namespace etna {
namespace {

/// A byte as the byte-level alphabet of GPT-2 spells it.
std::string spelled(int byte) {
  static const std::vector<char32_t> alphabet = [] {
    std::vector<char32_t> table(256);
    char32_t next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      table[static_cast<std::size_t>(b)] = printable ? static_cast<char32_t>(b) : next++;
    }
    return table;
  }();
  std::string result;
  utf8::append(result, alphabet[static_cast<std::size_t>(byte)]);
  return result;
}

/// Every byte, a few merges that overlap, a special token; the regular expression is GPT-2's.
std::shared_ptr<const Tokenizer> byte_level_tokenizer() {
  nlohmann::json vocabulary = nlohmann::json::object(), merges = nlohmann::json::array();
  for (int byte = 0; byte < 256; ++byte) vocabulary[spelled(byte)] = byte;
  const std::string space = spelled(' ');
  for (const auto& [left, right] : std::vector<std::pair<std::string, std::string>>{{"a", "a"},
                                                                                    {"a", "b"},
                                                                                    {"aa", "aa"},
                                                                                    {"b", "a"},
                                                                                    {"ab", "a"},
                                                                                    {space, "a"},
                                                                                    {space, space},
                                                                                    {spelled(0xc3), spelled(0xa4)},
                                                                                    {"1", "2"},
                                                                                    {spelled('\n'), spelled('\n')}}) {
    vocabulary[left + right] = vocabulary.size();
    merges.push_back({left, right});
  }
  const nlohmann::json file = {
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}}},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"added_tokens", {{{"id", vocabulary.size()}, {"content", "<s>"}, {"special", true}}}},
  };
  return Tokenizer::parse(file.dump(), "tokenizer.json");
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  TextDecoder decoder(tokenizer.decoder(), Patience::stream);
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string chunk = decoder.push(tokenizer.token(id));
    fuzz::require(utf8::is_valid(chunk), "chunks hold whole characters");
    text += chunk;
  }
  return text + decoder.finish();
}

/// Normal forms are what they are made into, and the two ways to each of them end at the same text.
void check_normal_forms(const std::string& text) {
  using unicode::Form;
  const std::string nfc = unicode::normalize(text, Form::nfc), nfd = unicode::normalize(text, Form::nfd);
  fuzz::require(utf8::is_valid(nfc) && utf8::is_valid(nfd), "normal forms are valid UTF-8");
  fuzz::require(unicode::normalize(nfc, Form::nfc) == nfc && unicode::normalize(nfd, Form::nfd) == nfd,
                "a normal form is normal");
  fuzz::require(unicode::normalize(nfd, Form::nfc) == nfc && unicode::normalize(nfc, Form::nfd) == nfd,
                "composing and decomposing undo each other");
  const std::string nfkc = unicode::normalize(text, Form::nfkc), nfkd = unicode::normalize(text, Form::nfkd);
  fuzz::require(unicode::normalize(nfkd, Form::nfkc) == nfkc && unicode::normalize(nfkc, Form::nfkd) == nfkd,
                "composing and decomposing undo each other, compatibility forms too");
}

}  // namespace
}  // namespace etna

/// Byte-level tokens give back the text they were made of, and any tokens stream as they decode.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  static const auto tokenizer = byte_level_tokenizer();
  const std::string_view text = fuzz::as_text(data, size);
  const auto ids = tokenizer->encode(text, AddSpecialTokens::yes);
  const std::string decoded = tokenizer->decode(ids, SkipSpecialTokens::no);
  fuzz::require(decoded == utf8::make_valid(text), "decode(encode(text)) is the text");
  fuzz::require(streamed(*tokenizer, ids) == decoded, "streamed text is the decoded text");

  check_normal_forms(utf8::make_valid(text));

  std::vector<std::int32_t> any;
  for (std::size_t i = 0; i + 1 < size; i += 2) any.push_back((data[i] * 256 + data[i + 1]) % tokenizer->vocab_size());
  fuzz::require(streamed(*tokenizer, any) == tokenizer->decode(any, SkipSpecialTokens::no),
                "streamed text is the decoded text for any tokens");
  return 0;
}
