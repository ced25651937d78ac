#pragma once

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/template/syntax.h"

namespace etna::jinja {

/// Variables of a template, a loop's body or a macro's body. What is set inside is not seen outside.
struct Scope {
  std::unordered_map<std::string, Value> variables;
  std::shared_ptr<Scope> parent;
};

/// Runs a template. Templates are foreign code: steps, nesting and memory are bounded.
class Evaluator {
public:
  /// `now` is what strftime_now sees.
  Evaluator(std::shared_ptr<Scope> globals, std::tm now);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Throws TemplateError.
  std::string render(const Block& block);

  /// Accounts for `bytes` that an operation makes or reads. Throws TemplateError when it is too much for one rendering.
  void charge(std::size_t bytes);

  /// The items that a loop sees, charged for before they are made.
  std::vector<Value> items(const Value& value);

  /// A new string, charged for.
  Value make_text(std::string text, bool safe = false);

  /// An object that may come to hold itself: it is emptied when the rendering ends.
  void keep(std::shared_ptr<Object> object) { objects_.push_back(std::move(object)); }

  const std::tm& now() const { return now_; }

  Value call_filter(const std::string& name, const Value& input, const CallArguments& arguments);
  bool call_test(const std::string& name, const Value& input, const CallArguments& arguments);
  Value call(const Value& function, const CallArguments& arguments);

private:
  enum class Flow { next, leave_loop, next_item };

  /// Counts steps and nesting.
  class Step {
  public:
    explicit Step(Evaluator& evaluator);

    ~Step() { --evaluator_.depth_; }

    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

  private:
    Evaluator& evaluator_;
  };

  // evaluate.cpp: statements
  Flow run(const Block& block);
  Flow run(const Statement& statement);
  Flow run_loop(const Statement& statement);
  Flow run_items(const Statement& statement, const std::vector<Value>& items, int level);
  void run_assign_block(const Statement& statement);
  void run_call_block(const Statement& statement);
  Value captured(const Block& block);
  void assign(const Target& target, const Value& value);
  Value make_macro(const std::string& name, const Statement& statement);
  Value call_macro(const std::string& name, const Statement& statement, const std::shared_ptr<Scope>& definition,
                   const CallArguments& arguments);
  void bind(const Statement& statement, const CallArguments& arguments);
  void print(const Value& value);

  // evaluate_expression.cpp
  Value evaluate(const Expression& expression);
  Value evaluate_filter(const Expression& expression, const Value& input);
  Value evaluate_compare(const Expression& expression);
  Value evaluate_slice(const Expression& expression);
  Value evaluate_dict(const Expression& expression);
  Value evaluate_call(const Expression& expression);
  std::vector<Value> evaluate_all(const std::vector<ExpressionPtr>& parts);
  CallArguments evaluate_arguments(const Arguments& arguments);
  Value variable(const std::string& name) const;

  std::shared_ptr<Scope> scope_;
  std::tm now_;
  std::string out_;
  std::vector<std::shared_ptr<Scope>> closures_;  // scopes that hold macros, which hold the scope: emptied at the end
  std::vector<std::shared_ptr<Object>> objects_;
  std::size_t steps_ = 0, charged_ = 0;
  int depth_ = 0, line_ = 0;
};

}  // namespace etna::jinja
