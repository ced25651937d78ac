#include "engine/tokenizer/tokenizer_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A folder that goes away with the test.
class Folder {
public:
  Folder() : path_(fs::path(testing::TempDir()) / ("etna_tokenizer_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }

  ~Folder() { fs::remove_all(path_); }

  void write(const char* name, const std::string& text) const { std::ofstream(path_ / name) << text; }

  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

struct Hostile {
  const char* what;
  json (*make)();
  Errc code;
  const char* says;
};

json changed(void (*change)(json&)) {
  auto value = test::byte_level_json({{"a", "b"}});
  change(value);
  return value;
}

TEST(TokenizerFile, hostile_files_are_refused_by_name_and_field) {
  const Hostile cases[] = {
      {"no model", [] { return changed([](json& j) { j.erase("model"); }); }, Errc::corrupt, "model is missing"},
      {"model is a list", [] { return changed([](json& j) { j["model"] = json::array(); }); }, Errc::corrupt, "model"},
      {"no vocabulary", [] { return changed([](json& j) { j["model"].erase("vocab"); }); }, Errc::corrupt, "vocab"},
      {"an id that is text", [] { return changed([](json& j) { j["model"]["vocab"]["a"] = "x"; }); }, Errc::corrupt,
       "vocab"},
      {"a huge id", [] { return changed([](json& j) { j["model"]["vocab"]["zz"] = 2'000'000'000; }); }, Errc::corrupt,
       "2000000000"},
      {"a negative id", [] { return changed([](json& j) { j["model"]["vocab"]["zz"] = -1; }); }, Errc::corrupt, "-1"},
      {"merge of three", [] { return changed([](json& j) { j["model"]["merges"][0] = "a b c"; }); }, Errc::corrupt,
       "merge 0"},
      {"merge of nothing", [] { return changed([](json& j) { j["model"]["merges"][0] = json::array(); }); },
       Errc::corrupt, "merge 0"},
      {"merge of strangers", [] { return changed([](json& j) { j["model"]["merges"][0] = "a zz"; }); }, Errc::corrupt,
       "zz"},
      {"unknown token of nowhere", [] { return changed([](json& j) { j["model"]["unk_token"] = "?!"; }); },
       Errc::corrupt, "unk_token"},
      {"added token without id", [] { return changed([](json& j) { j["added_tokens"][0].erase("id"); }); },
       Errc::corrupt, "added_tokens"},
      {"added token far away", [] { return changed([](json& j) { j["added_tokens"][0]["id"] = 2'000'000'000; }); },
       Errc::corrupt, "<|bos|>"},
      {"added tokens are text", [] { return changed([](json& j) { j["added_tokens"] = "x"; }); }, Errc::corrupt,
       "added_tokens"},
      {"template without text", [] { return changed([](json& j) { j["post_processor"]["single"] = json::array(); }); },
       Errc::corrupt, "post_processor"},
      {"template token unknown",
       [] { return changed([](json& j) { j["post_processor"]["special_tokens"] = json::object(); }); }, Errc::corrupt,
       "<|bos|>"},
      {"template id too large",
       [] { return changed([](json& j) { j["post_processor"]["special_tokens"]["<|bos|>"]["ids"][0] = 99999; }); },
       Errc::corrupt, "99999"},
      {"unknown model", [] { return changed([](json& j) { j["model"]["type"] = "Oracle"; }); }, Errc::unsupported,
       "Oracle"},
      {"unknown normalizer", [] { return changed([](json& j) {
                                    j["normalizer"] = {{"type", "Soap"}};
                                  }); },
       Errc::unsupported, "normalizer: Etna does not know the kind \"Soap\""},
      {"unknown decoder", [] { return changed([](json& j) { j["decoder"]["type"] = "Enigma"; }); }, Errc::unsupported,
       "Enigma"},
      {"random dropout", [] { return changed([](json& j) { j["model"]["dropout"] = 0.1; }); }, Errc::unsupported,
       "dropout"},
  };
  for (const auto& hostile : cases) {
    try {
      Tokenizer::parse(hostile.make().dump(), "some.json");
      ADD_FAILURE() << hostile.what << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), hostile.code) << hostile.what << ": " << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with("some.json: ")) << error.what();
      EXPECT_NE(std::string(error.what()).find(hostile.says), std::string::npos)
          << hostile.what << ": " << error.what();
    }
  }
}

TEST(TokenizerFile, text_that_is_no_json_is_corrupt) {
  for (const auto* text : {"", "{", "[]", "null", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xFF\":0}}}"}) {
    EXPECT_THROW(Tokenizer::parse(text, "x"), Error) << text;
  }
  EXPECT_THROW(Tokenizer::parse(std::string(100'000, '['), "x"), Error);
}

TEST(TokenizerFile, what_is_there_twice_is_refused_by_name) {
  const auto says = [](const char* text) -> std::string {
    try {
      Tokenizer::parse(text, "x.json");
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_EQ(says(R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"a":2},"merges":[]}})"),
            "x.json: model: vocab: \"a\" is there twice, with the ids 0 and 2");
  EXPECT_EQ(says(R"({"model":{"type":"BPE","vocab":{"a":0},"vocab":{"a":0},"merges":[]}})"),
            "x.json: model: vocab is there twice");
  EXPECT_EQ(says(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"merges":[]}})"),
            "x.json: model: merges is there twice");
}

TEST(TokenizerFile, broken_lists_are_refused_by_line_and_column) {
  for (const char* text :
       {"{\"model\":{\"vocab\":{\"a\":0,},\n\"merges\":[]}}", "{\"model\":{\"vocab\":{\"a\" 0},\n\"merges\":[]}}",
        "{\"model\":{\"vocab\":{\"a\":0},\n\"merges\":[\"a a\",]}}",
        "{\"model\":{\"vocab\":{\"a\":0},\n\"merges\":[]}} x", "{\"model\":{\"vocab\":{\"a\":00},\n\"merges\":[]}}"}) {
    try {
      Tokenizer::parse(text, "x.json");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt);
      EXPECT_NE(std::string(error.what()).find("x.json"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("line "), std::string::npos) << error.what();
    }
  }
}

TEST(TokenizerFile, the_order_of_the_lists_does_not_matter) {
  const auto* merges_first =
      R"({"model":{"merges":["a b",["ab","a"]],"vocab":{"aba":3,"a":0,"b":1,"ab":2},"type":"BPE"}})";
  EXPECT_EQ(Tokenizer::parse(merges_first, "x")->encode("aba", AddSpecialTokens::no), (std::vector<std::int32_t>{3}));
}

TEST(TokenizerFile, truncation_and_padding_are_ignored) {
  auto file = test::byte_level_json({});
  file["truncation"] = {{"max_length", 1}};
  file["padding"] = {{"strategy", {{"Fixed", 9}}}};
  EXPECT_EQ(test::make(file)->encode("abc", AddSpecialTokens::no).size(), 3U);
}

TEST(TokenizerFile, a_folder_gives_special_tokens_and_the_chat_template) {
  const Folder folder;
  folder.write("tokenizer.json", test::byte_level_json({}).dump());
  folder.write("tokenizer_config.json", R"({"eos_token":{"content":"<|end|>"},"pad_token":null,"add_bos_token":true,
    "chat_template":[{"name":"tool_use","template":"T"},{"name":"default","template":"D"}]})");
  folder.write("special_tokens_map.json", R"({"bos_token":"<|bos|>","eos_token":"other"})");
  auto tokenizer = Tokenizer::load(folder.path());
  EXPECT_EQ(tokenizer->special_tokens(),
            (std::map<std::string, std::string>{{"bos_token", "<|bos|>"}, {"eos_token", "<|end|>"}}));
  EXPECT_EQ(tokenizer->special_token_id("eos_token"), tokenizer->token_to_id("<|end|>"));
  EXPECT_EQ(tokenizer->special_token_id("pad_token"), std::nullopt);
  EXPECT_EQ(tokenizer->chat_template(), "D");
  EXPECT_EQ(tokenizer->tool_chat_template(), "T");
  folder.write("chat_template.json", R"({"chat_template":"P"})");
  EXPECT_EQ(Tokenizer::load(folder.path())->chat_template(), "D") << "a processor's template comes last";
  folder.write("chat_template.jinja", "J");
  EXPECT_EQ(Tokenizer::load(folder.path())->chat_template(), "J");
  EXPECT_EQ(Tokenizer::load(folder.path())->tool_chat_template(), "J") << "the file hides the list";
  std::filesystem::create_directory(folder.path() / "additional_chat_templates");
  folder.write("additional_chat_templates/tool_use.jinja", "JT");
  EXPECT_EQ(Tokenizer::load(folder.path())->chat_template(), "J");
  EXPECT_EQ(Tokenizer::load(folder.path())->tool_chat_template(), "JT");
}

TEST(TokenizerFile, llama_classes_decide_themselves_about_bos_and_eos) {
  const Folder folder;
  folder.write("tokenizer.json", test::byte_level_json({}).dump());
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"LlamaTokenizerFast","add_bos_token":false,
    "add_eos_token":true,"bos_token":"<|bos|>","eos_token":"<|end|>"})");
  const auto tokenizer = Tokenizer::load(folder.path());
  EXPECT_EQ(test::spell(*tokenizer, tokenizer->encode("a", AddSpecialTokens::yes)),
            (std::vector<std::string>{"a", "<|end|>"}));
  EXPECT_EQ(Tokenizer::load(folder.path() / "tokenizer.json")->encode("a", AddSpecialTokens::yes).size(), 2U)
      << "the file alone stands as it is";
}

TEST(TokenizerFile, missing_files_are_not_found) {
  const Folder folder;
  try {
    Tokenizer::load(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
  }
}

TEST(TokenizerFile, word_level_models_give_one_token_a_piece) {
  const auto tokenizer = Tokenizer::parse(R"({"model":{"type":"WordLevel","unk_token":"[UNK]",
    "vocab":{"[UNK]":0,"hello":1,"world":2}},"pre_tokenizer":{"type":"Whitespace"}})",
                                          "test");
  EXPECT_EQ(tokenizer->encode("hello big world", AddSpecialTokens::no), (std::vector<std::int32_t>{1, 0, 2}));
}

}  // namespace
}  // namespace etna
