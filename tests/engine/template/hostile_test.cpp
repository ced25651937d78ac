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

TEST(HostileTemplate, random_pieces_never_crash) {
  const char* pieces[] = {"{{",   "}}",     "{%",    "%}",     "{#", "#}",   " if ", " for ", "x", " in ", "[",    "]",
                          "(",    ")",      "'",     "\"",     "|",  "trim", ".",    ",",     "1", "-",    "set ", "=",
                          " is ", "macro ", "endif", "endfor", "\n", "\\",   "\xFF", "~",     ":", "{",    "}"};
  std::uint32_t state = 12345;
  for (int round = 0; round < 3000; ++round) {
    std::string source;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525U + 1013904223U;
      source += pieces[(state >> 16) % std::size(pieces)];
    }
    error_of(source);
  }
}

}  // namespace
}  // namespace etna
