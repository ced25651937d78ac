#include "tests/engine/template/render.h"

namespace etna {
namespace {

using test::check;
using test::error_of;

TEST(Statement, if_takes_the_first_true_branch) {
  check({{"{% if a == 1 %}x{% elif a == 2 %}y{% elif true %}z{% else %}w{% endif %}", "y"},
         {"{% if 0 %}x{% else %}w{% endif %}", "w"}},
        R"({"a":2})");
}

TEST(Statement, loops_know_where_they_are) {
  check({{"{% for i in [1,2,3] %}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
          "0TrueFalse3 1FalseFalse3 2FalseTrue3 "},
         {"{% for i in 'ab' %}[{{ loop.previtem }}{{ i }}{{ loop.nextitem }}{{ loop.revindex }}]{% endfor %}",
          "[ab2][ab1]"},
         {"{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"},
         {"{% for i in [] %}x{% else %}none{% endfor %}", "none"},
         {"{% for i in [1,2,3,4] if i % 2 == 0 %}{{ i }}{{ loop.index }} {% endfor %}", "21 42 "},
         {"{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i "
          "}}{% endfor %}",
          "013"},
         {"{% for i in missing %}x{% endfor %}", ""},
         {"{% for i in [1,2] %}{{ loop.cycle('a', 'b') }}{{ loop.changed(0) }}{% endfor %}", "aTruebFalse"},
         {"{% for n in t recursive %}{{ n.v }}{% if n.c %}({{ loop(n.c) }}){% endif %}{% endfor %}", "1(23)"}},
        R"({"t":[{"v":1,"c":[{"v":2},{"v":3}]}]})");
  EXPECT_NE(error_of("{% for a, b in [[1]] %}{% endfor %}"), "");
  EXPECT_NE(error_of("{% for a in 5 %}{% endfor %}"), "");
}

TEST(Statement, what_a_loop_sets_stays_inside_unless_in_a_namespace) {
  check({{"{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21"},
         {"{% set ns = namespace(x=1) %}{% for i in [1,2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "4"},
         {"{% if true %}{% set y = 3 %}{% endif %}{{ y }}", "3"},
         {"{% set a, b = 1, 2 %}{{ a }}{{ b }}", "12"}});
  EXPECT_NE(error_of("{% set d = {} %}{% set d.x = 1 %}"), "");
}

TEST(Statement, set_and_filter_blocks_catch_what_is_printed) {
  check({{"{% set x %} a{{ 1 }} {% endset %}[{{ x }}]", "[ a1 ]"},
         {"{% set x | trim | upper %} a {% endset %}[{{ x }}]", "[A]"},
         {"{% filter upper %}a{% filter replace('B', 'c') %}B{% endfilter %}{% endfilter %}", "AC"}});
}

TEST(Statement, macros_have_defaults_names_and_callers) {
  check(
      {{"{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, b=2) }} {{ m(b=3, a=4) }}", "1x 12 43"},
       {"{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{% endcall %}", "[in]"},
       {"{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "3210"},
       {"{% set g = 1 %}{% macro m() %}{{ g }}{% set g = 5 %}{{ g }}{% endmacro %}{{ m() }}{{ g }}", "151"},
       {"{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}", "[]"}});
  EXPECT_NE(error_of("{% macro m() %}{% endmacro %}{{ m(1) }}"), "");
  EXPECT_NE(error_of("{% macro m(a) %}{% endmacro %}{{ m(b=1) }}"), "");
}

TEST(Statement, generation_with_and_raw) {
  check({{"{% generation %}a{{ 1 }}{% endgeneration %}", "a1"},
         {"{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}[{{ a }}]", "11[]"},
         {"{% raw %}{{ x }}{% y %}{% endraw %}z", "{{ x }}{% y %}z"}});
}

TEST(Statement, white_space_control) {
  check({{"a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  b\nc"},
         {"a  {%- if true -%}  b  {%- endif -%}  c", "abc"},
         {"a {{- 1 -}} b", "a1b"},
         {"  {%+ if true %}x{% endif %}", "  x"},
         {"{% if true +%}\nx{% endif %}", "\nx"},
         {"a\n  {# note #}\nb", "a\nb"},
         {"a {#- note -#} b", "ab"},
         {"x {% if true %}y{% endif %}", "x y"},
         {"{{ 1 }}\n", "1"},
         {"{{ 1 }}\n\n", "1\n"},
         {"a\r\n{% if true %}\r\nb{{ 1 }}\rc{% endif %}", "a\nb1\nc"},
         {"{{ {'a': {'b': 1}} }}", "{'a': {'b': 1}}"}});
}

TEST(Statement, syntax_errors_name_the_line) {
  EXPECT_EQ(error_of("a\n\n{% if x %}").substr(0, 10), "t: line 3:");
  EXPECT_EQ(error_of("\n{{ 1 + }}").substr(0, 10), "t: line 2:");
  for (const auto* source : {"{% endif %}", "{% include 'x' %}", "{{ 'a }}", "{{ a", "{# a", "{% for x %}{% endfor %}",
                             "{{ a b }}", "{% set %}", "{{ (1 }}", "{{ [1) }}", "{% raw %}", "{{ 1 ? 2 }}",
                             "{% if x %}{% endfor %}", "{%", "{{ f(a=1, 2) }}"}) {
    EXPECT_NE(error_of(source), "") << source;
  }
}

TEST(Statement, runtime_errors_name_the_line) {
  EXPECT_EQ(error_of("a\n{{ 1 }}\n{{ x.y }}").substr(0, 10), "t: line 3:");
}

}  // namespace
}  // namespace etna
