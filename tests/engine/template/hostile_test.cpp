#include <gmock/gmock.h>

#include "tests/engine/template/render.h"

namespace etna {
namespace {

using test::error_of;

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(HostileTemplate, endless_recursion_ends_with_an_error) {
  EXPECT_NE(error_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), "");
  EXPECT_NE(error_of("{% for x in t recursive %}{{ loop(t) }}{% endfor %}", R"({"t":[1]})"), "");
}

TEST(HostileTemplate, long_work_ends_with_an_error) {
  EXPECT_NE(error_of("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"), "");
  EXPECT_NE(error_of("{{ range(10 ** 12) }}"), "");
}

TEST(HostileTemplate, much_memory_ends_with_an_error) {
  EXPECT_NE(error_of("{{ 'a' * 10 ** 12 }}"), "");
  EXPECT_NE(error_of("{{ [1] * 10 ** 12 }}"), "");
  EXPECT_NE(error_of("{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x "
                     "%}{% endfor %}"),
            "");
  EXPECT_NE(error_of("{% for a in range(90000) %}{{ 'a' * 2000 }}{% endfor %}"), "");
}

TEST(HostileTemplate, values_that_share_their_parts_do_not_explode) {
  const std::string doubled =
      "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
  for (const char* use : {"{{ ns.x }}", "{{ ns.x | tojson }}", "{{ ns.x == ns.x }}", "{{ ns.x | sort }}"}) {
    EXPECT_THAT(error_of(doubled + use), testing::HasSubstr("line 1")) << use;
  }
  EXPECT_NE(error_of("{% set ns = namespace(x={}) %}{% for i in range(60) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}"
                     "{% endfor %}{{ ns.x }}"),
            "");
}

TEST(HostileTemplate, deeply_nested_values_are_refused) {
  const std::string deep = "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}";
  EXPECT_THAT(error_of(deep + "{% set ns.x = [ns.x] %}{% endfor %}"), testing::HasSubstr("deep"));
  EXPECT_THAT(error_of(deep + "{% set ns.x = {'a': ns.x} %}{% endfor %}"), testing::HasSubstr("deep"));
  EXPECT_THAT(error_of(deep + "{% set ns.x = ns.x, %}{% endfor %}"), testing::HasSubstr("deep"));
}

TEST(HostileTemplate, looking_at_long_texts_again_and_again_ends_with_an_error) {
  const std::string looped = "{% set x = 'a' * 8000000 %}{% for i in range(99999) %}{% if ";
  for (const char* look : {"x | length == 1", "x[1] == 'b'", "'b' in x", "x | trim == ''", "x.find('b') == 1"}) {
    EXPECT_NE(error_of(looped + look + " %}{% endif %}{% endfor %}"), "") << look;
  }
  EXPECT_NE(error_of("{% set x = 'a' * 8000000 %}{% for c in x %}{% endfor %}"), "") << "a value for each character";
  EXPECT_NE(error_of("{% set x = 'a' * 8000000 %}{{ x | list | length }}"), "");
}

TEST(HostileTemplate, conversations_of_a_megabyte_are_no_attack) {
  const std::string messages = R"({"m":[)" +
                               repeated(R"({"role":"user","content":")" + std::string(10000, 'x') + R"("},)", 99) +
                               R"({"role":"user","content":"end"}]})";
  const std::string text = test::render(
      "{% for m in m %}{% if m.content is string and '</think>' not in m.content and m.role == 'user' %}"
      "{{ m.content | trim }}{% endif %}{{ m | tojson | length }}{% for n in m.content.split('y') %}{% endfor %}{% "
      "endfor %}",
      messages.c_str());
  EXPECT_GT(text.size(), 990000U);
}

TEST(HostileTemplate, numbers_out_of_range_are_errors) {
  EXPECT_THAT(error_of("{{ '%d' % 1e300 }}"), testing::HasSubstr("line 1"));
  EXPECT_THAT(error_of("{{ '%d' | format(-1e19) }}"), testing::HasSubstr("line 1"));
}

TEST(HostileTemplate, deep_nesting_is_refused) {
  EXPECT_NE(error_of("{{ " + repeated("(", 100000) + "1" + repeated(")", 100000) + " }}"), "");
  EXPECT_NE(error_of("{{ " + repeated("-", 100000) + "1 }}"), "");
  EXPECT_NE(error_of("{{ " + repeated("not ", 100000) + "1 }}"), "");
  EXPECT_NE(error_of("{{ 1" + repeated(" + 1", 100000) + " }}"), "");
  EXPECT_NE(error_of("{{ a" + repeated(".a", 100000) + " }}"), "");
  EXPECT_NE(error_of("{{ a" + repeated("|trim", 100000) + " }}"), "");
  EXPECT_NE(error_of(repeated("{% if 1 %}", 100000)), "");
  EXPECT_NE(error_of("{% if 1 %}" + repeated("{% elif 1 %}", 100000) + "{% endif %}"), "");
}

TEST(HostileTemplate, internals_are_out_of_reach) {
  EXPECT_EQ(test::render("[{{ ''.__class__ }}{{ namespace.__globals__ }}]"), "[]");
  EXPECT_NE(error_of("{{ ''.__class__.__mro__ }}"), "");
}

TEST(HostileTemplate, objects_that_hold_themselves_do_no_harm) {
  EXPECT_EQ(test::render("{% set ns = namespace() %}{% set ns.me = ns %}{% for i in [1] %}{% set ns.f = loop.changed "
                         "%}{% endfor %}{{ ns.f(1) }}"),
            "True");
}

/// Random numbers that are the same everywhere.
class Random {
public:
  explicit Random(std::uint32_t seed) : state_(seed) {}

  std::size_t below(std::size_t end) {
    state_ = state_ * 1664525U + 1013904223U;
    return (state_ >> 8) % end;
  }

  template <std::size_t size>
  std::string pick(const char* const (&choices)[size]) {
    return choices[below(size)];
  }

private:
  std::uint32_t state_;
};

TEST(HostileTemplate, random_pieces_never_crash) {
  static constexpr const char* pieces[] = {"{{",     "}}", "{%", "%}",   "{#",   "#}", " if ", " for ",  "x",
                                           " in ",   "[",  "]",  "(",    ")",    "'",  "\"",   "|",      "trim",
                                           ".",      ",",  "1",  "-",    "set ", "=",  " is ", "macro ", "endif",
                                           "endfor", "\n", "\\", "\xFF", "~",    ":",  "{",    "}"};
  Random random(12345);
  for (int round = 0; round < 3000; ++round) {
    std::string source;
    for (int i = 0; i < 12; ++i) source += random.pick(pieces);
    const std::string error = error_of(source);
    EXPECT_TRUE(error.empty() || error.find("t: line ") == 0) << source << ": " << error;
  }
}

/// Templates that parse: statements and expressions put together at random, hungry ones among them.
class Grammar {
public:
  explicit Grammar(std::uint32_t seed) : random_(seed) {}

  std::string block(int depth) {
    std::string out;
    for (std::size_t i = 0; i <= random_.below(3); ++i) out += statement(depth) + "\n";
    return out;
  }

private:
  std::string expression(int depth) {
    static constexpr const char* leaves[] = {"1",       "9223372036854775807",
                                             "-1",      "0.5",
                                             "'ab'",    "''",
                                             "none",    "true",
                                             "[]",      "{}",
                                             "x",       "ns.v",
                                             "ns",      "t",
                                             "missing", "range(5)",
                                             "99999",   "loop"};
    static constexpr const char* operators[] = {"+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or"};
    static constexpr const char* filters[] = {"length",
                                              "tojson",
                                              "list",
                                              "join",
                                              "upper",
                                              "sort",
                                              "unique",
                                              "reverse",
                                              "string",
                                              "first",
                                              "last",
                                              "items",
                                              "int",
                                              "float",
                                              "abs",
                                              "sum",
                                              "title",
                                              "indent",
                                              "map('string')",
                                              "select",
                                              "batch(2)",
                                              "default(1)",
                                              "tojson(indent=2)",
                                              "replace('a', 'bb')",
                                              "format(1)",
                                              "trim",
                                              "min",
                                              "nobody"};
    static constexpr const char* methods[] = {"split('a')", "items()",   "upper()",          "strip()",    "get('a')",
                                              "join([1])",  "format(1)", "replace('', 'x')", "count('a')", "index(1)"};
    if (depth <= 0) return random_.pick(leaves);
    const auto part = [&] { return expression(depth - 1); };
    switch (random_.below(9)) {
      case 0: return "(" + part() + " " + random_.pick(operators) + " " + part() + ")";
      case 1: return part() + "|" + random_.pick(filters);
      case 2: return "(" + part() + ")." + random_.pick(methods);
      case 3: return "[" + part() + ", " + part() + "]";
      case 4: return "{'a': " + part() + ", " + part() + ": 1}";
      case 5: return "(" + part() + ")[" + part() + "]";
      case 6: return "(" + part() + ")[" + part() + ":" + part() + "]";
      case 7: return "(" + part() + " if " + part() + " else " + part() + ")";
      default: return "m(" + part() + ")";
    }
  }

  std::string statement(int depth) {
    const std::string value = expression(2);
    if (depth <= 0) return "{{ " + value + " }}";
    switch (random_.below(7)) {
      case 0: return "{% for x in " + value + " %}" + block(depth - 1) + "{% endfor %}";
      case 1: return "{% for x in range(50) %}" + block(depth - 1) + "{% endfor %}";
      case 2: return "{% if " + value + " %}" + block(depth - 1) + "{% endif %}";
      case 3: return "{% set ns.v = [ns.v, " + value + "] %}";
      case 4: return "{% macro m(x) %}" + block(depth - 1) + "{{ m(x) }}{% endmacro %}";
      case 5: return "{% set x %}" + block(depth - 1) + "{% endset %}";
      default: return "{{ " + value + " }}";
    }
  }

  Random random_;
};

TEST(HostileTemplate, random_programs_end_with_a_text_of_bounded_size_or_an_error_that_names_its_line) {
  int rendered = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const std::string source =
        "{% set ns = namespace(v='a') %}{% macro m(x) %}{{ x }}{% endmacro %}" + Grammar(seed).block(3);
    try {
      EXPECT_LE(test::render(source, R"({"x":"\u00e4b","t":[1,[2,"c"],{"a":{"b":null}}]})").size(),
                std::size_t{64} << 20);
      ++rendered;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::template_error) << source;
      EXPECT_EQ(std::string(error.what()).find("t: line "), 0U) << error.what() << "\n" << source;
    }
  }
  EXPECT_GT(rendered, 20) << "the programs are not all broken";
}

}  // namespace
}  // namespace etna
