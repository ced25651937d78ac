#include "tests/engine/template/render.h"

namespace etna {
namespace {

using test::check;
using test::error_of;

TEST(Expression, literals_print_as_in_python) {
  check({{"{{ 1 }} {{ 1.0 }} {{ 1e20 }} {{ 0.00001 }} {{ -0.5 }}", "1 1.0 1e+20 1e-05 -0.5"},
         {"{{ none }} {{ true }} {{ False }}", "None True False"},
         {"{{ 'a' \"b\" 'c\\n\\'\\x41\\u00e9' }}", "abc\n'Aé"},
         {"{{ [1, 'a', none, (2,), {'k': \"it's\"}] }}", "[1, 'a', None, (2,), {'k': \"it's\"}]"},
         {"{{ ['\\n\\u200b\\\\'] }}", "['\\n\\u200b\\\\']"}});
}

TEST(Expression, arithmetic_follows_python) {
  check({{"{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }}", "3 -4 2 3.5 1024"},
         {"{{ 1 + 2 * 3 - -4 }} {{ (1 + 2) * 3 }} {{ true + 1 }}", "11 9 2"},
         {"{{ 'a' + 'b' }} {{ 'ab' * 2 }} {{ [1] + [2] }} {{ 'n' ~ 1 ~ none }}", "ab abab [1, 2] n1None"},
         {"{{ '%s-%03d' % ('a', 7) }} {{ '%.2f' % 1.005 }}", "a-007 1.00"}});
  EXPECT_NE(error_of("{{ 'a' + 1 }}"), "");
  EXPECT_NE(error_of("{{ 1 // 0 }}"), "");
  EXPECT_NE(error_of("{{ 9223372036854775807 + 1 }}"), "");
}

TEST(Expression, comparisons_chain_and_cross_types) {
  check({{"{{ 1 < 2 < 3 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ [1, 2] == [1, 2] }}", "True True False True"},
         {"{{ 'b' in 'abc' }} {{ 2 not in [1] }} {{ 'k' in {'k': 1} }}", "True True True"},
         {"{{ 'a' < 'b' }} {{ 2 >= 2 }} {{ not 1 > 2 }}", "True True True"}});
  EXPECT_NE(error_of("{{ 1 < 'a' }}"), "");
}

TEST(Expression, logic_gives_operands_and_stops_early) {
  check({{"{{ '' or 'x' }} {{ 'a' and 'b' }} {{ 0 and missing.field }}", "x b 0"},
         {"{{ 'y' if 1 else 'n' }} [{{ 'y' if 0 }}]", "y []"},
         {"{{ 1 if false else 2 if false else 3 }}", "3"}});
}

TEST(Expression, subscripts_and_slices_count_from_both_ends) {
  check(
      {{"{{ 'héllo'[1] }} {{ [1,2,3][-1] }} {{ 'abc'[::-1] }} {{ [1,2,3][1:] }} {{ 'abc'[:-1] }}", "é 3 cba [2, 3] ab"},
       {"{{ [1,2,3,4][::2] }} {{ [1,2][5:] }} [{{ [1][7] }}] {{ 'abcd'[-3:-1] }}", "[1, 3] [] [] bc"},
       {"{{ d.a }} {{ d['b c'] }} [{{ d.missing }}] {{ d.items()|list }}", "1 2 [] [('a', 1), ('b c', 2)]"}},
      R"({"d":{"a":1,"b c":2}})");
  EXPECT_NE(error_of("{{ d.missing.deeper }}", R"({"d":{}})"), "");
  EXPECT_NE(error_of("{{ nothing.field }}").find("'nothing' is undefined"), std::string::npos);
}

TEST(Expression, a_method_comes_before_a_key_after_a_dot) {
  check({{"{{ d.items is mapping }} {{ d['items'] }}", "False 3"}}, R"({"d":{"items":3}})");
}

TEST(Expression, string_methods) {
  check(
      {{"{{ ' a b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'x</t>y'.split('</t>')[-1] }}",
        "['a', 'b'] ['a', 'b,c'] y"},
       {"{{ '\\x1c a\\u0085'.strip() }}|{{ '\\n\\n x'.lstrip('\\n') }}|{{ 'xyx'.rstrip('x') }}", "a| x|xy"},
       {"{{ 'ab'.startswith('a') }} {{ 'ab'.endswith(('x', 'b')) }} {{ 'aXa'.replace('a', 'b', 1) }}", "True True bXa"},
       {"{{ 'éa'.upper() }} {{ 'ÉA'.lower() }} {{ 'ab cd'.title() }} {{ 'aB'.capitalize() }}", "ÉA éa Ab Cd Ab"},
       {"{{ ', '.join(['a', 'b']) }} {{ '{} {x} {0}'.format(1, x=2) }} {{ 'aXbX'.count('X') }}", "a, b 1 2 1 2"},
       {"{{ 'abc'.find('c') }} {{ 'pre-x'.removeprefix('pre-') }} {{ '12'.isdigit() }} {{ 'a\\nb'.splitlines() }}",
        "2 x True ['a', 'b']"}});
}

TEST(Expression, dictionaries_and_lists_cannot_be_changed) {
  check({{"{{ d.get('a') }} {{ d.get('z', 7) }} {{ d.get('z') }} {{ d.keys()|list }}", "1 7 None ['a']"}},
        R"({"d":{"a":1}})");
  EXPECT_NE(error_of("{{ [1].append(2) }}"), "");
  EXPECT_NE(error_of("{{ {'a': 1}.pop('a') }}"), "");
}

TEST(Expression, tojson_writes_what_python_writes) {
  check({{"{{ d|tojson }}", R"({"b": [1, 1.0, 1e+20], "a": "é<\"\n\u0001", "n": null, "t": true})"},
         {"{{ {'k': [1, {}], 'e': []}|tojson(indent=2) }}", "{\n  \"k\": [\n    1,\n    {}\n  ],\n  \"e\": []\n}"},
         {"{{ 'é😀'|tojson(ensure_ascii=true) }}", "\"\\u00e9\\ud83d\\ude00\""},
         {"{{ {'b': 1, 'a': 2}|tojson(sort_keys=true, separators=(',', ':')) }}", R"({"a":2,"b":1})"}},
        "{\"d\":{\"b\":[1,1.0,1e20],\"a\":\"é<\\\"\\n\\u0001\",\"n\":null,\"t\":true}}");
  EXPECT_NE(error_of("{{ missing|tojson }}"), "");
}

TEST(Expression, filters) {
  check(
      {{"{{ ' a '|trim }}|{{ [1,2]|length }} {{ 5|string + 'x' }} {{ missing|default('d') }} {{ ''|default('d', true) "
        "}}",
        "a|2 5x d d"},
       {"{{ [1,2]|join('-') }} {{ ['a']|map('upper')|list }} {{ [{'n': 1}]|map(attribute='n')|list }}",
        "1-2 ['A'] [1]"},
       {"{{ [0,1,2]|select|list }} {{ [1,2,3]|select('odd')|list }} {{ [1,2]|reject('equalto', 1)|list }}",
        "[1, 2] [1, 3] [2]"},
       {"{{ u|selectattr('r', 'equalto', 'a')|map(attribute='i')|list }} {{ u|rejectattr('r')|list|length }}", "[1] 1"},
       {"{{ {'b': 1, 'A': 2}|dictsort }} {{ {'a': 1}|items|list }}", "[('A', 2), ('b', 1)] [('a', 1)]"},
       {"{{ 'aB'|upper }} {{ 'aB'|lower }} {{ 'hello world'|title }} {{ 'aab'|replace('a', 'x') }}",
        "AB ab Hello World xxb"},
       {"{{ '7'|int + 1 }} {{ 'x'|int(3) }} {{ '2.5'|float }} {{ 2.6|round }} {{ -3|abs }}", "8 3 2.5 3.0 3"},
       {"{{ 'a\\nb\\n\\nc'|indent(2) }}", "a\n  b\n\n  c"},
       {"{{ [3,1,2]|sort }} {{ [3,1]|min }} {{ [3,1]|max }} {{ [1,2]|sum }} {{ ['a','A','b']|unique|list }}",
        "[1, 2, 3] 1 3 3 ['a', 'b']"},
       {"{{ [1,2]|first }} {{ [1,2]|last }} {{ 'abc'|reverse }} {{ 'abc'|list }}", "1 2 cba ['a', 'b', 'c']"},
       {"{{ '<'|safe + '<&>' }} {{ ('<'|safe) ~ '<' }} {{ '<b>'|e }}", "<&lt;&amp;&gt; << &lt;b&gt;"}},
      R"({"u":[{"r":"a","i":1},{"r":"","i":2}]})");
}

TEST(Expression, tests) {
  check({{"{{ 'a' is string }} {{ {} is mapping }} {{ [] is iterable }} {{ 1 is sequence }}", "True True True False"},
         {"{{ x is defined }} {{ x is undefined }} {{ none is none }} {{ 1 is not none }}", "False True True True"},
         {"{{ true is boolean }} {{ 0 is false }} {{ true is number }} {{ 2 is even }} {{ 4 is divisibleby 2 }}",
          "True False True True True"},
         {"{{ 1 is in [1] }} {{ 'a' is eq 'a' }} {{ x is defined and x }} {{ 1 is integer }} {{ 1.0 is float }}",
          "True True False True True"}});
}

TEST(Expression, unknown_filters_and_tests_matter_only_when_they_run) {
  check({{"{% if false %}{{ 1|no_such_filter is no_such_test }}{% endif %}ok", "ok"}});
  EXPECT_NE(error_of("{{ 1|no_such_filter }}").find("no_such_filter"), std::string::npos);
  EXPECT_NE(error_of("{{ 1 is no_such_test }}").find("no_such_test"), std::string::npos);
}

TEST(Expression, functions) {
  check({{"{{ range(3)|list }} {{ range(5, 1, -2)|list }}", "[0, 1, 2] [5, 3]"},
         {"{{ strftime_now('%d %b %Y %A %H:%M') }}", "14 Mar 2025 Friday 09:26"},
         {"{{ dict(a=1) }}", "{'a': 1}"}});
}

}  // namespace
}  // namespace etna
