#include <algorithm>
#include <unordered_map>

#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/text.h"

namespace etna::jinja {

namespace {

using Test = bool (*)(const Value& value, const CallArguments& arguments);

const Value& other(const CallArguments& arguments) {
  if (arguments.positional.empty()) fail_template("the test needs a value to compare with");
  return arguments.positional[0];
}

bool divides(const Value& value, const Value& divisor) {
  const auto by = expect_integer(divisor, "the argument of divisibleby");
  if (by == 0) fail_template("division by zero");
  return by == -1 || expect_integer(value, "the value of divisibleby") % by == 0;
}

bool is_cased(const Value& value, std::string (*convert)(std::string_view)) {
  const auto* text = value.text();
  return text != nullptr && convert(*text) == *text && upper(*text) != lower(*text);
}

bool has_items(const Value& value) {
  return value.text() || value.as_list() || value.as_dict() || value.is_undefined();
}

#define VALUE [](const Value& value, const CallArguments&)
#define BOTH [](const Value& value, const CallArguments& arguments)

const std::unordered_map<std::string, Test>& tests() {
  static const std::unordered_map<std::string, Test> table = [] {
    const Test same = BOTH {
      return equal(value, other(arguments));
    };
    const Test differs = BOTH {
      return !equal(value, other(arguments));
    };
    const Test is_less = BOTH {
      return less(value, other(arguments));
    };
    const Test is_greater = BOTH {
      return less(other(arguments), value);
    };
    const Test at_most = BOTH {
      return !less(other(arguments), value);
    };
    const Test at_least = BOTH {
      return !less(value, other(arguments));
    };
    return std::unordered_map<std::string, Test>{{"defined", VALUE{return !value.is_undefined();
  }
}

, {"undefined", VALUE{return value.is_undefined();
}
}

, {"none", VALUE{return value.is_none();
}
}
, {"string", VALUE{return value.is_text();
}
}
, {"mapping", VALUE{return value.as_dict() != nullptr;
}
}
, {"iterable", VALUE{return has_items(value);
}
}
, {"sequence", VALUE{return has_items(value);
}
}
, {"boolean", VALUE{return value.get<bool>() != nullptr;
}
}
, {"true", VALUE{return value.get<bool>() && *value.get<bool>();
}
}
, {"false", VALUE{return value.get<bool>() && !*value.get<bool>();
}
}
, {"number", VALUE{return value.is_number();
}
}
, {"integer", VALUE{return value.get<std::int64_t>() != nullptr;
}
}
, {"float", VALUE{return value.get<double>() != nullptr;
}
}
, {"callable", VALUE{return value.as_function() != nullptr;
}
}
, {"escaped", VALUE{return value.is_safe();
}
}
, {"odd", VALUE{return expect_integer(value, "the value of odd") % 2 != 0;
}
}
, {"even", VALUE{return expect_integer(value, "the value of even") % 2 == 0;
}
}
, {"lower", VALUE{return is_cased(value, lower);
}
}
, {"upper", VALUE{return is_cased(value, upper);
}
}
, {"divisibleby", BOTH{return divides(value, other(arguments));
}
}
, {"in", BOTH{return contains(other(arguments), value);
}
}
, {"sameas", BOTH{return value.type_name() == other(arguments).type_name() && equal(value, other(arguments));
}
}
, {"eq", same}, {"equalto", same}, {"==", same}, {"ne", differs}, {"!=", differs}, {"lt", is_less},
    {"lessthan", is_less}, {"<", is_less}, {"gt", is_greater}, {"greaterthan", is_greater}, {">", is_greater},
    {"le", at_most}, {"<=", at_most}, {"ge", at_least}, {
  ">=", at_least
}
}
;
}
();
return table;
}

#undef VALUE
#undef BOTH

}  // namespace

bool Evaluator::call_test(const std::string& name, const Value& input, const CallArguments& arguments) {
  const auto found = tests().find(name);
  if (found == tests().end()) fail_template("Etna does not know the test '{}'", name);
  // Tests with an argument compare; the others look at the type or at a text.
  if (!arguments.positional.empty()) {
    const Value& with = arguments.positional[0];
    charge(name == "in" ? with.extent().size : std::min(input.extent().size, with.extent().size));
  } else if (name == "lower" || name == "upper") {
    charge(input.extent().size);
  }
  return found->second(input, arguments);
}

}  // namespace etna::jinja
