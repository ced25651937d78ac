#include <map>

#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

class Namespace final : public Object {
public:
  Value attribute(const std::string& name) const override {
    const auto found = values_.find(name);
    return found == values_.end() ? Value(Undefined{name}) : found->second;
  }

  bool assign(const std::string& name, Value value) override {
    values_[name] = std::move(value);
    return true;
  }

  void clear() override { values_.clear(); }

private:
  std::map<std::string, Value> values_;
};

Value make_namespace(Evaluator& evaluator, const CallArguments& arguments) {
  auto object = std::make_shared<Namespace>();
  for (const auto& value : arguments.positional) {
    const Dict* dict = value.as_dict();
    if (dict == nullptr) fail_template("namespace() takes a dictionary, not {}", value.type_name());
    for (const auto& [name, item] : dict->entries()) object->assign(expect_text(name, "a name in namespace()"), item);
  }
  for (const auto& [name, value] : arguments.named) object->assign(name, value);
  evaluator.keep(object);
  return Value(std::shared_ptr<Object>(std::move(object)));
}

Value raise_exception(Evaluator&, const CallArguments& arguments) {
  throw TemplateError{to_text(arguments.value_or(0, "message", None{})), 0, true};
}

Value strftime_now(Evaluator& evaluator, const CallArguments& arguments) {
  const std::string format = expect_text(arguments.value_or(0, "format", None{}), "the format of strftime_now");
  char buffer[4096];
  const std::size_t size = std::strftime(buffer, sizeof buffer, format.c_str(), &evaluator.now());
  if (size == 0 && !format.empty()) fail_template("strftime_now: the format {:?} gives too long a text", format);
  return Value(std::string(buffer, size));
}

Value range(Evaluator& evaluator, const CallArguments& arguments) {
  constexpr std::int64_t limit = 100'000;
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 3) fail_template("range() takes 1 to 3 arguments");
  const auto at = [&given](std::size_t index) { return expect_integer(given[index], "an argument of range()"); };
  const std::int64_t start = given.size() > 1 ? at(0) : 0, stop = given.size() > 1 ? at(1) : at(0);
  const std::int64_t step = given.size() > 2 ? at(2) : 1;
  if (step == 0) fail_template("range(): the step is 0");
  std::vector<Value> items;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (static_cast<std::int64_t>(items.size()) >= limit) fail_template("range() has more than {} numbers", limit);
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  evaluator.charge(items.size() * sizeof(Value));
  return Value::list(std::move(items));
}

Value make_dict(Evaluator& evaluator, const CallArguments& arguments) {
  auto dict = std::make_shared<Dict>();
  const auto set = [&](const Value& name, const Value& value) {
    evaluator.charge(dict->entries().size() * Dict::comparison);
    dict->set(name, value);
  };
  for (const auto& value : arguments.positional) {
    const Dict* given = value.as_dict();
    if (given == nullptr) fail_template("dict() takes a dictionary, not {}", value.type_name());
    for (const auto& [name, item] : given->entries()) set(name, item);
  }
  for (const auto& [name, value] : arguments.named) set(Value(name), value);
  return Value(std::shared_ptr<const Dict>(std::move(dict)));
}

}  // namespace

void add_functions(std::unordered_map<std::string, Value>& variables) {
  const auto add = [&variables](const char* name, Value (*function)(Evaluator&, const CallArguments&)) {
    variables[name] = Value(std::make_shared<const Function>(Function{name, function}));
  };
  add("namespace", make_namespace);
  add("raise_exception", raise_exception);
  add("strftime_now", strftime_now);
  add("range", range);
  add("dict", make_dict);
}

}  // namespace etna::jinja
