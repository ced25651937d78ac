#include "engine/template/evaluate.h"

#include <algorithm>

#include "engine/template/error.h"
#include "engine/template/operations.h"
#include "engine/template/text.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

constexpr std::size_t step_limit = 5'000'000;
constexpr std::size_t charge_limit = std::size_t{512} << 20;  // bytes
constexpr std::size_t output_limit = std::size_t{64} << 20;   // bytes
constexpr int depth_limit = 1200;

/// What loop.changed() saw last: perhaps the function that holds it.
struct Seen final : Object {
  Value attribute(const std::string& name) const override { return Undefined{name}; }

  void clear() override { value = Value(); }

  Value value;
  bool kept = false;
};

/// `loop` inside a for.
class Loop final : public Object {
public:
  Loop(const std::vector<Value>& items, int level, std::function<Value(Evaluator&, const CallArguments&)> recurse)
      : items_(items), level_(level), recurse_(std::move(recurse)) {}

  void set_index(std::size_t index) { index_ = index; }

  Value attribute(const std::string& name) const override {
    const auto integer = [](std::size_t value) { return Value(static_cast<std::int64_t>(value)); };
    const std::size_t size = items_.size();
    if (name == "index") return integer(index_ + 1);
    if (name == "index0") return integer(index_);
    if (name == "revindex") return integer(size - index_);
    if (name == "revindex0") return integer(size - index_ - 1);
    if (name == "first") return Value(index_ == 0);
    if (name == "last") return Value(index_ + 1 == size);
    if (name == "length") return integer(size);
    if (name == "depth") return Value(std::int64_t{level_ + 1});
    if (name == "depth0") return Value(std::int64_t{level_});
    if (name == "previtem") return index_ > 0 ? items_[index_ - 1] : Value(Undefined{"loop.previtem"});
    if (name == "nextitem") return index_ + 1 < size ? items_[index_ + 1] : Value(Undefined{"loop.nextitem"});
    if (name == "cycle")
      return function(name, [index = index_](Evaluator&, const CallArguments& arguments) {
        if (arguments.positional.empty()) fail_template("loop.cycle: no items are given");
        return arguments.positional[index % arguments.positional.size()];
      });
    if (name == "changed")
      return function(name, [seen = seen_](Evaluator& evaluator, const CallArguments& arguments) {
        if (!std::exchange(seen->kept, true)) evaluator.keep(seen);
        Value now = Value::tuple(arguments.positional);
        evaluator.charge(now.extent().size);
        const bool changed = !equal(now, seen->value);
        seen->value = std::move(now);
        return Value(changed);
      });
    if (name == "__call__" && recurse_) return function(name, recurse_);
    return Undefined{"loop." + name};
  }

private:
  static Value function(const std::string& name, std::function<Value(Evaluator&, const CallArguments&)> call) {
    return Value(std::make_shared<const Function>(Function{"loop." + name, std::move(call)}));
  }

  std::vector<Value> items_;
  std::size_t index_ = 0;
  int level_;
  std::function<Value(Evaluator&, const CallArguments&)> recurse_;
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

/// Puts a scope in place and takes it away again, also when an error passes.
class ScopeGuard {
public:
  ScopeGuard(std::shared_ptr<Scope>& place, const std::shared_ptr<Scope>& parent) : place_(place), before_(place) {
    place_ = std::make_shared<Scope>();
    place_->parent = parent;
  }

  ~ScopeGuard() { place_ = before_; }

  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;

private:
  std::shared_ptr<Scope>& place_;
  std::shared_ptr<Scope> before_;
};

}  // namespace

Evaluator::Step::Step(Evaluator& evaluator) : evaluator_(evaluator) {
  if (++evaluator_.steps_ > step_limit) fail_template("the template takes more than {} steps", step_limit);
  if (evaluator_.depth_ >= depth_limit) fail_template("the template calls itself too deeply");
  ++evaluator_.depth_;
}

Evaluator::Evaluator(std::shared_ptr<Scope> globals, std::tm now) : scope_(std::move(globals)), now_(now) {
  closures_.push_back(scope_);
}

Evaluator::~Evaluator() {
  for (const auto& scope : closures_) scope->variables.clear();
  for (const auto& object : objects_) object->clear();
}

void Evaluator::charge(std::size_t bytes) {
  charged_ += bytes;
  if (charged_ > charge_limit || bytes > charge_limit)
    fail_template("the template makes and reads more than {} bytes", charge_limit);
}

std::vector<Value> Evaluator::items(const Value& value) {
  constexpr std::size_t per_character = 128;  // bytes of a string value with its one character
  charge(value.surface() * (value.text() ? per_character : 1));
  return items_of(value);
}

Value Evaluator::make_text(std::string text, bool safe) {
  charge(text.size());
  return Value(std::move(text), safe);
}

std::string Evaluator::render(const Block& block) {
  try {
    run(block);
  } catch (TemplateError& error) {
    if (error.line == 0) error.line = line_;
    throw;
  }
  return std::move(out_);
}

void Evaluator::print(const Value& value) {
  charge(value.extent().size);
  out_ += to_text(value);
  if (out_.size() > output_limit) fail_template("the text is longer than {} bytes", output_limit);
}

Evaluator::Flow Evaluator::run(const Block& block) {
  for (const auto& statement : block) {
    const Flow flow = run(*statement);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::run(const Statement& statement) {
  const Step step(*this);
  line_ = statement.line;
  switch (statement.kind) {
    case StatementKind::data:
      out_ += statement.text;
      if (out_.size() > output_limit) fail_template("the text is longer than {} bytes", output_limit);
      return Flow::next;
    case StatementKind::print: print(evaluate(*statement.expression)); return Flow::next;
    case StatementKind::condition:
      return run(evaluate(*statement.expression).truthy() ? statement.body : statement.otherwise);
    case StatementKind::loop: return run_loop(statement);
    case StatementKind::assign: assign(statement.target, evaluate(*statement.expression)); return Flow::next;
    case StatementKind::assign_block: run_assign_block(statement); return Flow::next;
    case StatementKind::macro:
      scope_->variables[statement.text] = make_macro(statement.text, statement);
      return Flow::next;
    case StatementKind::call_block: run_call_block(statement); return Flow::next;
    case StatementKind::filter_block:
      print(evaluate_filter(*statement.expression, captured(statement.body)));
      return Flow::next;
    case StatementKind::scope: {
      const ScopeGuard guard(scope_, std::shared_ptr<Scope>(scope_));
      return run(statement.body);
    }
    case StatementKind::loop_break: return Flow::leave_loop;
    case StatementKind::loop_continue: return Flow::next_item;
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::run_loop(const Statement& statement) {
  return run_items(statement, items(evaluate(*statement.expression)), 0);
}

Evaluator::Flow Evaluator::run_items(const Statement& statement, const std::vector<Value>& all, int level) {
  std::vector<Value> kept;
  const std::shared_ptr<Scope> outer = scope_;
  if (statement.condition) {
    for (const Value& item : all) {
      const ScopeGuard guard(scope_, outer);
      assign(statement.target, item);
      if (evaluate(*statement.condition).truthy()) kept.push_back(item);
    }
  }
  const auto& items = statement.condition ? kept : all;
  if (items.empty()) {
    const ScopeGuard guard(scope_, outer);
    return run(statement.otherwise);
  }
  std::function<Value(Evaluator&, const CallArguments&)> recurse;
  if (statement.recursive) {
    recurse = [this, &statement, level](Evaluator&, const CallArguments& arguments) {
      const Step step(*this);
      if (arguments.positional.size() != 1) fail_template("loop() takes one argument");
      std::string before = std::exchange(out_, {});
      run_items(statement, this->items(arguments.positional[0]), level + 1);
      return make_text(std::exchange(out_, std::move(before)));
    };
  }
  const auto loop = std::make_shared<Loop>(items, level, std::move(recurse));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ScopeGuard guard(scope_, outer);
    loop->set_index(i);
    scope_->variables["loop"] = Value(std::shared_ptr<Object>(loop));
    assign(statement.target, items[i]);
    if (run(statement.body) == Flow::leave_loop) break;
  }
  return Flow::next;
}

void Evaluator::assign(const Target& target, const Value& value) {
  if (!target.parts.empty()) {
    const auto parts = items(value);
    if (parts.size() != target.parts.size()) {
      fail_template("{} values cannot be unpacked to {} names", parts.size(), target.parts.size());
    }
    for (std::size_t i = 0; i < parts.size(); ++i) assign(target.parts[i], parts[i]);
  } else if (target.attribute.empty()) {
    scope_->variables[target.name] = value;
  } else {
    Object* object = variable(target.name).as_object();
    if (object == nullptr || !object->assign(target.attribute, value)) {
      fail_template("'{}' is no namespace: its attribute '{}' cannot be set", target.name, target.attribute);
    }
  }
}

/// What a block prints, as a value. An error drops what was printed so far: nothing is shown then anyway.
Value Evaluator::captured(const Block& block) {
  std::string before = std::exchange(out_, {});
  run(block);
  return make_text(std::exchange(out_, std::move(before)));
}

void Evaluator::run_assign_block(const Statement& statement) {
  Value value;
  {
    const ScopeGuard guard(scope_, std::shared_ptr<Scope>(scope_));
    value = captured(statement.body);
  }
  if (statement.expression) value = evaluate_filter(*statement.expression, value);
  assign(statement.target, value);
}

void Evaluator::run_call_block(const Statement& statement) {
  const auto& call_expression = *statement.expression;
  const Value function = evaluate(*call_expression.parts[0]);
  auto arguments = evaluate_arguments(call_expression.arguments);
  arguments.named.emplace_back("caller", make_macro("caller", statement));
  print(call(function, arguments));
}

Value Evaluator::make_macro(const std::string& name, const Statement& statement) {
  if (closures_.back() != scope_) closures_.push_back(scope_);
  return Value(std::make_shared<const Function>(
      Function{name, [&statement, name, definition = scope_](Evaluator& evaluator, const CallArguments& arguments) {
                 return evaluator.call_macro(name, statement, definition, arguments);
               }}));
}

Value Evaluator::call_macro(const std::string& name, const Statement& statement,
                            const std::shared_ptr<Scope>& definition, const CallArguments& arguments) {
  const Step step(*this);
  const int line = line_;
  const ScopeGuard guard(scope_, definition);
  if (arguments.positional.size() > statement.parameters.size()) {
    fail_template("macro '{}' takes {} arguments, {} are given", name, statement.parameters.size(),
                  arguments.positional.size());
  }
  for (const auto& [key, value] : arguments.named) {
    const bool known = std::any_of(statement.parameters.begin(), statement.parameters.end(),
                                   [&key = key](const Parameter& parameter) { return parameter.name == key; });
    if (!known && key != "caller") fail_template("macro '{}' takes no argument '{}'", name, key);
    if (key == "caller") scope_->variables["caller"] = value;
  }
  bind(statement, arguments);
  Value result = captured(statement.body);
  line_ = line;
  return result;
}

void Evaluator::bind(const Statement& statement, const CallArguments& arguments) {
  for (std::size_t i = 0; i < statement.parameters.size(); ++i) {
    const auto& parameter = statement.parameters[i];
    if (const Value* given = arguments.find(i, parameter.name)) {
      scope_->variables[parameter.name] = *given;
    } else {
      scope_->variables[parameter.name] =
          parameter.otherwise ? evaluate(*parameter.otherwise) : Value(Undefined{parameter.name});
    }
  }
}

}  // namespace etna::jinja
