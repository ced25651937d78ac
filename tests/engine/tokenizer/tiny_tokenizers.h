#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

/// Small tokenizers made on the spot, in the two forms that nearly all models use.
namespace etna::test {

using Merges = std::vector<std::pair<std::string, std::string>>;

inline nlohmann::json added_token(const std::string& content, int id, bool special = true) {
  return {{"id", id},        {"content", content}, {"special", special},  {"normalized", false},
          {"lstrip", false}, {"rstrip", false},    {"single_word", false}};
}

/// GPT-2's form: 256 bytes, the merges in order, then <|bos|> and <|end|>.
inline nlohmann::json byte_level_json(const Merges& merges) {
  nlohmann::json vocabulary = nlohmann::json::object(), list = nlohmann::json::array();
  int next = 0;
  for (int byte = 0, extra = 0; byte < 256; ++byte) {
    const bool visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int point = visible ? byte : 0x100 + extra++;
    const std::string character =
        point < 0x80 ? std::string(1, static_cast<char>(point))
                     : std::string{static_cast<char>(0xC0 | (point >> 6)), static_cast<char>(0x80 | (point & 0x3F))};
    vocabulary[character] = next++;
  }
  for (const auto& [left, right] : merges) {
    if (!vocabulary.contains(left + right)) vocabulary[left + right] = next++;
    list.push_back({left, right});
  }
  const nlohmann::json level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  return {{"added_tokens", {added_token("<|bos|>", next), added_token("<|end|>", next + 1)}},
          {"normalizer", nullptr},
          {"pre_tokenizer", level},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", {{{"SpecialToken", {{"id", "<|bos|>"}}}}, {{"Sequence", {{"id", "A"}}}}}},
            {"special_tokens", {{"<|bos|>", {{"ids", {next}}}}}}}},
          {"decoder", level},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
}

/// Llama's form: <unk>, <s>, </s>, 256 byte tokens, single letters, the merges; spaces are ▁.
inline nlohmann::json sentencepiece_json(const std::vector<std::string>& letters, const Merges& merges) {
  nlohmann::json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}}, list = nlohmann::json::array();
  int next = 3;
  for (int byte = 0; byte < 256; ++byte) {
    static constexpr char digits[] = "0123456789ABCDEF";
    vocabulary[std::string{'<', '0', 'x', digits[byte / 16], digits[byte % 16], '>'}] = next++;
  }
  for (const auto& letter : letters) vocabulary[letter] = next++;
  for (const auto& [left, right] : merges) {
    if (!vocabulary.contains(left + right)) vocabulary[left + right] = next++;
    list.push_back(left + " " + right);
  }
  const auto replace = [](const char* from, const char* to) {
    return nlohmann::json{{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
  };
  return {{"added_tokens", {added_token("<unk>", 0), added_token("<s>", 1), added_token("</s>", 2)}},
          {"normalizer",
           {{"type", "Sequence"}, {"normalizers", {{{"type", "Prepend"}, {"prepend", "▁"}}, replace(" ", "▁")}}}},
          {"pre_tokenizer", nullptr},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", {{{"SpecialToken", {{"id", "<s>"}}}}, {{"Sequence", {{"id", "A"}}}}}},
            {"special_tokens", {{"<s>", {{"ids", {1}}}}}}}},
          {"decoder",
           {{"type", "Sequence"},
            {"decoders",
             {replace("▁", " "),
              {{"type", "ByteFallback"}},
              {{"type", "Fuse"}},
              {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}}},
          {"model",
           {{"type", "BPE"},
            {"vocab", vocabulary},
            {"merges", list},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true}}}};
}

inline std::shared_ptr<const Tokenizer> make(const nlohmann::json& json) {
  return Tokenizer::parse(json.dump(), "test");
}

inline std::shared_ptr<const Tokenizer> byte_level(const Merges& merges = {}) {
  return make(byte_level_json(merges));
}

/// Knows "▁hello" and "▁world".
inline std::shared_ptr<const Tokenizer> sentencepiece() {
  return make(sentencepiece_json({"▁", "h", "e", "l", "o", "w", "r", "d"}, {{"l", "l"},
                                                                            {"h", "e"},
                                                                            {"o", "r"},
                                                                            {"▁", "he"},
                                                                            {"▁he", "ll"},
                                                                            {"▁hell", "o"},
                                                                            {"▁", "w"},
                                                                            {"▁w", "or"},
                                                                            {"l", "d"},
                                                                            {"▁wor", "ld"}}));
}

/// The tokens' spellings, for readable expectations.
inline std::vector<std::string> spell(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  std::vector<std::string> tokens;
  for (const auto id : ids) tokens.emplace_back(tokenizer.token(id));
  return tokens;
}

}  // namespace etna::test
