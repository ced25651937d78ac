#include "hub/headers.h"

#include <fmt/format.h>
#include <malloc.h>

#include <nlohmann/json.hpp>

#include "hub/answer.h"
#include "tests/hub/hub_fixture.h"
#include "tests/hub/support/weight_files.h"

namespace etna::test {

class WeightHeaders : public HubTest {
protected:
  hub::TreeFile add(const std::string& path, const std::string& bytes) {
    hub.change([&] { hub.find("etna/tiny")->commit({{path, make_blob(bytes, true)}}); });
    return *api().tree("etna/tiny", commit()).find(path);
  }

  /// Parts of a split model, "m-00001-of-0000N.gguf" …
  std::vector<hub::TreeFile> add_parts(const std::vector<std::string>& parts) {
    std::map<std::string, BlobRef> files;
    for (const std::string& part : parts)
      files[fmt::format("m-{:05}-of-{:05}.gguf", files.size() + 1, parts.size())] = make_blob(part, true);
    hub.change([&] { hub.find("etna/tiny")->commit(files); });
    return api().tree("etna/tiny", commit()).files;
  }
};

hub::SafetensorsHeader parse(const std::string& header, std::size_t data_bytes) {
  const std::string file = safetensors_file(header, data_bytes);
  return hub::parse_safetensors_header(file, file.size(), "x");
}

TEST_F(WeightHeaders, safetensors_take_one_request) {
  const hub::TreeFile file = add("model.safetensors", small_safetensors_file());
  hub.forget_requests();
  const auto header = hub::read_safetensors_header(api(), "etna/tiny", commit(), file);
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[0].dtype, "F32");
  EXPECT_EQ(header.tensors[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.tensors[0].bytes, 24u);
  EXPECT_EQ(header.metadata.at("format"), "pt");
  EXPECT_EQ(hub.count_requests("GET", "/resolve/"), 1);
}

TEST_F(WeightHeaders, long_safetensors_headers_take_two) {
  const std::string header =
      fmt::format(R"({{"__metadata__":{{"x":"{}"}},"a":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}})",
                  std::string(600'000, 'x'));
  const hub::TreeFile file = add("model.safetensors", safetensors_file(header, 1));
  hub.forget_requests();
  EXPECT_EQ(hub::read_safetensors_header(api(), "etna/tiny", commit(), file).tensors.size(), 1u);
  EXPECT_EQ(hub.count_requests("GET", "/resolve/"), 2);
}

TEST(SafetensorsHeader, contradictions_are_refused) {
  EXPECT_EQ(parse(R"({"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}})", 3).tensors.size(), 1u);
  EXPECT_EQ(parse(R"({"a":{"dtype":"NEW","shape":[3],"data_offsets":[0,3]}})", 3).tensors.size(), 1u);
  for (
      const char* bad :
      {"[]", "{", R"({"a":1})", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}})",
       R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,3]}})",
       R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[3,0]}})",
       R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0]}})",
       R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
       R"({"a":{"dtype":"F64","shape":[9007199254740992,1024],"data_offsets":[0,0]}})",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})"}) {
    EXPECT_THROW(parse(bad, 3), Error) << bad;
  }
  const std::string file = small_safetensors_file();
  EXPECT_THROW(hub::parse_safetensors_header(std::string_view(file).substr(0, 50), file.size(), "x"), Error);
  EXPECT_THROW(hub::parse_safetensors_header(std::string(8, '\xFF'), 1u << 30, "x"), Error);
  EXPECT_THROW(hub::parse_safetensors_header("", 0, "x"), Error);
}

TEST_F(WeightHeaders, a_gguf_head_is_read_to_its_exact_end) {
  std::size_t head_bytes = 0;
  const std::string bytes = small_gguf_file(100, &head_bytes);
  const hub::TreeFile file = add("tiny.gguf", bytes);
  const hub::GgufHead head = hub::read_gguf_head(api(), "etna/tiny", commit(), file);
  EXPECT_EQ(head.architecture, "llama");
  EXPECT_EQ(head.name, "Tiny");
  EXPECT_EQ(head.context_length, 2048u);
  EXPECT_TRUE(head.has_chat_template);
  EXPECT_EQ(head.tensors, 1u);
  EXPECT_EQ(head.file_bytes, bytes.size());
  EXPECT_EQ(head.bytes.size(), head_bytes);
}

TEST_F(WeightHeaders, a_large_vocabulary_takes_more_reads) {
  const hub::TreeFile file = add("tiny.gguf", small_gguf_file(200'000));
  hub.forget_requests();
  EXPECT_EQ(hub::read_gguf_head(api(), "etna/tiny", commit(), file).architecture, "llama");
  EXPECT_EQ(hub.count_requests("GET", "/resolve/"), 2);
}

TEST_F(WeightHeaders, a_file_of_another_size_than_listed_is_refused) {
  hub::TreeFile file = add("tiny.gguf", small_gguf_file(10));
  ++file.size;
  EXPECT_THROW(hub::read_gguf_head(api(), "etna/tiny", commit(), file), Error);
}

/// A part of a split model: the first has a vocabulary, tensors are told of in each.
std::string gguf_part(std::uint32_t number, std::uint32_t count, int words, int tensors) {
  GgufBytes head(static_cast<std::uint64_t>(tensors), number == 0 ? 4 : 2);
  head.key_u32("split.no", number).key_u32("split.count", count);
  if (number == 0) {
    std::vector<std::string> vocabulary;
    for (int i = 0; i < words; ++i) vocabulary.push_back(fmt::format("word{}", i));
    head.key_text("general.architecture", "llama").key_texts("tokenizer.ggml.tokens", vocabulary);
  }
  for (int i = 0; i < tensors; ++i) {
    head.tensor(fmt::format("blk.{}.weight", number * 100'000 + static_cast<std::uint32_t>(i)), {8}, 0,
                static_cast<std::uint64_t>(i) * 32);
  }
  std::string bytes = head.bytes();
  bytes.resize((bytes.size() + 31) / 32 * 32 + static_cast<std::size_t>(tensors) * 32);
  return bytes;
}

TEST_F(WeightHeaders, each_part_of_a_split_gguf_model_takes_one_request) {
  const std::vector<std::string> parts = {gguf_part(0, 3, 1000, 0), gguf_part(1, 3, 0, 200), gguf_part(2, 3, 0, 150)};
  const std::vector<hub::TreeFile> files = add_parts(parts);
  hub.forget_requests();
  const auto heads = hub::read_gguf_heads(api(), "etna/tiny", commit(), files);
  EXPECT_EQ(hub.count_requests("GET", "/resolve/"), 3);
  ASSERT_EQ(heads.size(), 3u);
  EXPECT_EQ(heads[0].architecture, "llama");
  EXPECT_EQ(heads[0].tensors, 0u);
  EXPECT_EQ(heads[1].tensors, 200u);
  EXPECT_EQ(heads[2].split_number, 2u);
  EXPECT_EQ(heads[2].file_bytes, parts[2].size());
}

TEST_F(WeightHeaders, a_part_with_very_many_tensors_takes_more_reads) {
  const std::vector<hub::TreeFile> files = add_parts({gguf_part(0, 2, 10, 1), gguf_part(1, 2, 0, 10'000)});
  hub.forget_requests();
  EXPECT_EQ(hub::read_gguf_heads(api(), "etna/tiny", commit(), files)[1].tensors, 10'000u);
  EXPECT_EQ(hub.count_requests("GET", "/resolve/"), 3);
}

TEST_F(WeightHeaders, parts_that_say_they_are_others_are_refused) {
  const std::vector<hub::TreeFile> parts = add_parts({gguf_part(0, 2, 10, 1), gguf_part(1, 2, 0, 1)});
  const hub::TreeFile &first = parts[0], &second = parts[1];
  for (const std::vector<hub::TreeFile>& files :
       {std::vector{first}, {second, first}, {first, first}, {first, second, second}}) {
    EXPECT_EQ(errc_of([&] { hub::read_gguf_heads(api(), "etna/tiny", commit(), files); }), Errc::corrupt);
  }
}

TEST(GgufHead, every_cut_asks_for_more_and_nothing_reads_beyond) {
  std::size_t head_bytes = 0;
  const std::string file = small_gguf_file(5, &head_bytes);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string part = file.substr(0, size);
    const auto head = hub::parse_gguf_head(std::as_bytes(std::span(part)), file.size(), "x");
    EXPECT_EQ(head.has_value(), size >= head_bytes) << size;
    if (size < head_bytes) {
      EXPECT_THROW(hub::parse_gguf_head(std::as_bytes(std::span(part)), size, "x"), Error);
    }
  }
}

TEST(GgufHead, nonsense_is_refused_before_it_is_followed) {
  const auto parse_head = [](const GgufBytes& head) {
    return hub::parse_gguf_head(std::as_bytes(std::span(head.bytes())), 1u << 30, "x");
  };
  EXPECT_THROW(parse_head(GgufBytes(0, 0, 1)), Error);
  EXPECT_THROW(parse_head(GgufBytes(0, 0, 0x03000000)), Error);
  EXPECT_THROW(parse_head(GgufBytes(UINT64_MAX, 0)), Error);
  EXPECT_THROW(parse_head(GgufBytes(0, UINT64_MAX)), Error);
  EXPECT_THROW(parse_head(GgufBytes(0, 1).u64(UINT64_MAX)), Error);                          // a key's length
  EXPECT_THROW(parse_head(GgufBytes(0, 1).text("k").u32(99)), Error);                        // a type
  EXPECT_THROW(parse_head(GgufBytes(0, 1).text("k").u32(9).u32(8).u64(UINT64_MAX)), Error);  // a count
  GgufBytes deep(0, 1);
  deep.text("k").u32(9);
  for (int i = 0; i < 10; ++i) deep.u32(9).u64(1);
  EXPECT_THROW(parse_head(deep), Error);
  EXPECT_THROW(parse_head(GgufBytes(1, 0).text("t").u32(9)), Error);  // dimensions
  const std::string other = "PK\x03\x04 and so on, long enough to be looked at";
  EXPECT_THROW(hub::parse_gguf_head(std::as_bytes(std::span(other)), other.size(), "x"), Error);
}

TEST(Answer, whatever_is_sent_takes_bounded_memory) {
  constexpr std::size_t most_text = std::size_t{8} << 20;
  for (const std::string item : {"0", "[]", "{}", "\"\"", "\"0123456789abcdef\"", "{\"a\":0}", "[[[]]]", "null", "1.5",
                                 "{\"0123456789abcdef\":[]}"}) {
    for (const double share : {0.1, 0.3, 1.0}) {
      std::string text = "[" + item;
      while (static_cast<double>(text.size() + item.size() + 2) < share * most_text) text += "," + item;
      text += "]";
      const auto before = ::mallinfo2();
      try {
        const nlohmann::json value = hub::parse_answer(text, "x");
        const auto after = ::mallinfo2();
        const std::size_t taken = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
        EXPECT_LT(taken, hub::most_answer_memory * 5 / 4) << item << " " << share;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::corrupt);
      }
    }
  }
}

}  // namespace etna::test
