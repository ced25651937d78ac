#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace etna::jinja {

class Value;
class Evaluator;

/// A value that is not there. It prints as nothing and is false; most other uses are errors that name it.
struct Undefined {
  std::string name;
};

struct None {};

/// A string; `safe` is Jinja's Markup: what is added to it has its HTML characters escaped.
struct Text {
  std::shared_ptr<const std::string> text;
  bool safe = false;
};

/// How large a value is with everything inside it, which values share: `x = [x, x]` doubles it and costs nothing.
struct Extent {
  std::size_t size = 1;  ///< bytes of texts, and 1 for every value
  int depth = 0;         ///< of lists and dictionaries inside each other

  /// Throws TemplateError when the whole becomes larger than printing or comparing it could be allowed to cost.
  void add(const Extent& part);
};

struct List {
  std::vector<Value> items;
  bool tuple = false;
  Extent extent = {};
};

/// A dictionary that keeps the order of its keys.
class Dict {
public:
  using Entry = std::pair<Value, Value>;

  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value);  ///< a new key goes to the end

  /// What comparing the new key with each old one costs, as bytes read.
  static constexpr std::size_t comparison = 8;

  const std::vector<Entry>& entries() const { return entries_; }

  const Extent& extent() const { return extent_; }

private:
  std::vector<Entry> entries_;
  Extent extent_;
};

/// What `loop` and `namespace(…)` are: only their attributes can be seen.
struct Object {
  virtual ~Object() = default;
  virtual Value attribute(const std::string& name) const = 0;

  /// False where attributes cannot be assigned.
  virtual bool assign(const std::string& name, Value value);

  /// Lets go of all values.
  virtual void clear() {}
};

/// Arguments of a call, a filter or a test.
struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  /// The argument at a position or of that name; nullptr when it was not given.
  const Value* find(std::size_t position, std::string_view name) const;
  Value value_or(std::size_t position, std::string_view name, Value otherwise) const;
};

struct Function {
  std::string name;
  std::function<Value(Evaluator&, const CallArguments&)> call;
};

/// A value of the template language, with Python's meaning. Copies share strings, lists and dictionaries, which
/// templates cannot change.
class Value {
public:
  using Storage = std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const List>,
                               std::shared_ptr<const Dict>, std::shared_ptr<Object>, std::shared_ptr<const Function>>;

  Value() : storage_(Undefined{}) {}

  Value(None none) : storage_(none) {}

  Value(Undefined undefined) : storage_(std::move(undefined)) {}

  explicit Value(bool value) : storage_(value) {}

  explicit Value(std::int64_t value) : storage_(value) {}

  explicit Value(double value) : storage_(value) {}

  explicit Value(std::string text, bool safe = false)
      : storage_(Text{std::make_shared<const std::string>(std::move(text)), safe}) {}

  explicit Value(std::string_view text) : Value(std::string(text)) {}

  explicit Value(const char* text) : Value(std::string(text)) {}

  explicit Value(std::shared_ptr<const Dict> dict) : storage_(std::move(dict)) {}

  explicit Value(std::shared_ptr<Object> object) : storage_(std::move(object)) {}

  explicit Value(std::shared_ptr<const Function> function) : storage_(std::move(function)) {}

  static Value list(std::vector<Value> items) { return sequence(std::move(items), false); }

  static Value tuple(std::vector<Value> items) { return sequence(std::move(items), true); }

  template <class T>
  const T* get() const {
    return std::get_if<T>(&storage_);
  }

  bool is_undefined() const { return get<Undefined>() != nullptr; }

  bool is_none() const { return get<None>() != nullptr; }

  bool is_text() const { return get<Text>() != nullptr; }

  bool is_safe() const { return is_text() && get<Text>()->safe; }

  /// nullptr when it is of another type.
  const std::string* text() const { return is_text() ? get<Text>()->text.get() : nullptr; }

  const List* as_list() const { return pointee<std::shared_ptr<const List>>(); }

  const Dict* as_dict() const { return pointee<std::shared_ptr<const Dict>>(); }

  const Function* as_function() const { return pointee<std::shared_ptr<const Function>>(); }

  Object* as_object() const {
    const auto* pointer = get<std::shared_ptr<Object>>();
    return pointer ? pointer->get() : nullptr;
  }

  /// An integer; true and false count as 1 and 0.
  const std::int64_t* integer() const;

  bool is_number() const { return get<bool>() || get<std::int64_t>() || get<double>(); }

  double number() const;  ///< 0 when it is none

  bool truthy() const;

  Extent extent() const;

  /// What one look at all of it costs without looking into its items: bytes of a text, of a list's or dictionary's own
  /// entries.
  std::size_t surface() const;

  /// "str", "list", … for messages.
  std::string_view type_name() const;

private:
  static Value sequence(std::vector<Value> items, bool tuple);

  template <class Pointer>
  auto pointee() const -> decltype(std::declval<Pointer>().get()) {
    const auto* pointer = get<Pointer>();
    return pointer ? pointer->get() : nullptr;
  }

  Storage storage_;
};

/// Python's ==. Numbers compare across types.
bool equal(const Value& a, const Value& b);

}  // namespace etna::jinja
