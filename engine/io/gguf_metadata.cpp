#include "engine/io/gguf_metadata.h"

#include <limits>
#include <type_traits>

#include "engine/io/gguf_reader.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

const auto to_text = [](const auto& value) -> std::optional<std::string_view> {
  if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) return value;
  return std::nullopt;
};

const auto to_integer = [](const auto& value) -> std::optional<std::int64_t> {
  using Value = std::decay_t<decltype(value)>;
  if constexpr (std::is_same_v<Value, std::int64_t>) return value;
  if constexpr (std::is_same_v<Value, std::uint64_t>) {
    if (value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return static_cast<std::int64_t>(value);
  }
  return std::nullopt;
};

const auto to_number = [](const auto& value) -> std::optional<double> {
  using Value = std::decay_t<decltype(value)>;
  if constexpr (std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>) return static_cast<double>(value);
  return std::nullopt;
};

const auto to_boolean = [](const auto& value) -> std::optional<bool> {
  if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>) return value;
  return std::nullopt;
};

const auto to_array = [](const auto& value) -> std::optional<GgufArray> {
  if constexpr (std::is_same_v<std::decay_t<decltype(value)>, GgufArray>) return value;
  return std::nullopt;
};

}  // namespace

void GgufArray::Iterator::read() {
  if (left_ == 0) return;
  GgufReader reader(rest_, "GGUF metadata");
  value_ = reader.value(type_, "an array");
  rest_ = rest_.subspan(reader.position());
}

GgufMetadata::GgufMetadata(std::vector<Entry> entries, std::string where)
    : entries_(std::move(entries)), where_(std::move(where)) {
  index_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view key = entries_[i].first;
    if (!index_.emplace(key, i).second) fail(Errc::corrupt, "{}: metadata key {} is there twice", where_, quote(key));
  }
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

template <class T, class Convert>
std::optional<T> GgufMetadata::single(std::string_view key, const char* wanted, Convert convert) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const std::optional<T> result = std::visit(convert, *value);
  if (!result) wrong_type(key, wanted);
  return result;
}

template <class T, class Convert>
std::optional<std::vector<T>> GgufMetadata::list(std::string_view key, const char* wanted, Convert convert) const {
  constexpr std::uint64_t most = std::uint64_t{1} << 22;
  const auto values = single<GgufArray>(key, wanted, to_array);
  if (!values) return std::nullopt;
  if (values->size() > most) {
    fail(Errc::unsupported, "{}: metadata key {} has {} elements, more than {}", where_, quote(key), values->size(),
         most);
  }
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(values->size()));
  for (const GgufValue& value : *values) {
    const std::optional<T> item = std::visit(convert, value);
    if (!item) wrong_type(key, wanted);
    result.push_back(*item);
  }
  return result;
}

std::optional<std::string_view> GgufMetadata::text(std::string_view key) const {
  return single<std::string_view>(key, "a string", to_text);
}

std::optional<std::int64_t> GgufMetadata::integer(std::string_view key) const {
  return single<std::int64_t>(key, "an integer of 64 bits", to_integer);
}

std::optional<double> GgufMetadata::number(std::string_view key) const {
  return single<double>(key, "a number", to_number);
}

std::optional<bool> GgufMetadata::boolean(std::string_view key) const {
  return single<bool>(key, "true or false", to_boolean);
}

std::optional<GgufArray> GgufMetadata::array(std::string_view key) const {
  return single<GgufArray>(key, "an array", to_array);
}

std::optional<std::vector<std::string_view>> GgufMetadata::texts(std::string_view key) const {
  return list<std::string_view>(key, "an array of strings", to_text);
}

std::optional<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const {
  return list<std::int64_t>(key, "an array of integers", to_integer);
}

std::optional<std::vector<double>> GgufMetadata::numbers(std::string_view key) const {
  return list<double>(key, "an array of numbers", to_number);
}

std::optional<std::vector<bool>> GgufMetadata::booleans(std::string_view key) const {
  return list<bool>(key, "an array of true and false", to_boolean);
}

void GgufMetadata::missing(std::string_view key) const {
  fail(Errc::corrupt, "{}: metadata key {} is missing", where_, quote(key));
}

void GgufMetadata::wrong_type(std::string_view key, const char* wanted) const {
  fail(Errc::corrupt, "{}: metadata key {} is not {}", where_, quote(key), wanted);
}

}  // namespace etna
