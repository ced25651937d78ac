#include "engine/base/yaml.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/io/fails_with.h"

namespace etna {
namespace {

using Json = nlohmann::ordered_json;

Json read(const std::string& yaml) { return parse_yaml(yaml, "file"); }

TEST(Yaml, plain_scalars_mean_what_python_takes_them_for) {
  EXPECT_EQ(read("{a: 1, b: -2, c: 0x10, d: 1_000}"), Json::parse(R"({"a": 1, "b": -2, "c": 16, "d": 1000})"));
  EXPECT_EQ(read("[1e-5, 1.5, .5, -3.0e+2, 2.]"), Json::parse("[1e-5, 1.5, 0.5, -300.0, 2.0]"));
  EXPECT_EQ(read("[true, No, on, ~, null, ]"), Json::parse("[true, false, true, null, null]"));
  EXPECT_EQ(read("[a b, 'true', \"1\", 1.2.3, 012, 1-2, e5, -, !!str 7]"), Json::parse(R"(["a b", "true", "1", "1.2.3", "012", "1-2", "e5", "-", "7"])"));
}

TEST(Yaml, blocks_keep_the_order_of_their_keys) {
  EXPECT_EQ(read("z: 1\na:\n  - x\n  - k: |\n      two\n      lines\n").dump(), R"({"z":1,"a":["x",{"k":"two\nlines\n"}]})");
  EXPECT_TRUE(read("").is_null());
  EXPECT_TRUE(read("# nothing\n").is_null());
}

TEST(Yaml, what_is_broken_or_dangerous_is_refused_with_its_line) {
  const auto refused = [](const std::string& yaml, std::initializer_list<const char*> parts) {
    test::expect_failure([&] { read(yaml); }, Errc::corrupt, parts);
  };
  refused("a: 1\nb: [1, 2\n", {"file: line 3"});
  refused("a: &x 1\nb: *x\n", {"line 2", "aliases"});
  refused("a: 1\na: 2\n", {"line 2", "a is there twice"});
  refused("a: !!python/object:os.system 1\n", {"tag"});
  refused("? [1]\n: 2\n", {"key is no text"});
  refused("a: 1\n---\nb: 2\n", {"several documents"});
  refused(std::string(100, '['), {"nested"});
  refused("a: \xFF\n", {"file"});
}

TEST(Yaml, a_written_value_is_read_again) {
  const Json value = Json::parse(R"({"text": "a: b # c", "number": "1e-5", "yes": "yes", "empty": "", "float": 1e-05, "whole": 2.0, "list": [1, "two", null],
    "objects": [{"a": {}}, []], "umlaut": "ä\n\t", "0x1": true})");
  EXPECT_EQ(read(to_yaml(value)), value) << to_yaml(value);
}

}  // namespace
}  // namespace etna
