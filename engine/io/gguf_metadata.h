#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/error.h"

namespace etna {

/// Types of metadata values, with the numbers that files carry (docs/gguf.md of ggml).
enum class GgufValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// An array as it lies in the file: nothing is copied, elements are read while one walks over them.
class GgufArray {
public:
  class Iterator;

  /// `bytes`: checked to hold `size` elements.
  GgufArray(GgufValueType type, std::uint64_t size, std::span<const std::byte> bytes)
      : type_(type), size_(size), bytes_(bytes) {}

  GgufValueType type() const { return type_; }  ///< of the elements; array for arrays of arrays

  std::uint64_t size() const { return size_; }

  std::span<const std::byte> bytes() const { return bytes_; }

  Iterator begin() const;
  Iterator end() const;

private:
  GgufValueType type_;
  std::uint64_t size_;
  std::span<const std::byte> bytes_;
};

/// One metadata value; texts and arrays point into the file, and texts may be broken UTF-8.
using GgufValue = std::variant<bool, std::int64_t, std::uint64_t, float, double, std::string_view, GgufArray>;

class GgufArray::Iterator {
public:
  explicit Iterator(const GgufArray& array) : type_(array.type_), left_(array.size_), rest_(array.bytes_) { read(); }

  explicit Iterator(std::nullptr_t) {}  ///< the end of any array

  const GgufValue& operator*() const { return value_; }

  Iterator& operator++() {
    --left_;
    read();
    return *this;
  }

  bool operator==(const Iterator& other) const { return left_ == other.left_; }

private:
  void read();

  GgufValueType type_ = GgufValueType::u8;
  std::uint64_t left_ = 0;
  std::span<const std::byte> rest_;
  GgufValue value_;
};

inline GgufArray::Iterator GgufArray::begin() const {
  return Iterator(*this);
}

inline GgufArray::Iterator GgufArray::end() const {
  return Iterator(nullptr);
}

/// A file's metadata in file order, with access by type. What is missing is nullopt; a value of another type than asked
/// for, or beyond its range, throws corrupt naming file and key.
class GgufMetadata {
public:
  using Entry = std::pair<std::string_view, GgufValue>;

  GgufMetadata() = default;

  /// `where` names the file in messages. Throws corrupt when a key is there twice.
  GgufMetadata(std::vector<Entry> entries, std::string where);

  const std::vector<Entry>& entries() const { return entries_; }

  /// nullptr if there is no such key.
  const GgufValue* find(std::string_view key) const;

  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;  ///< of any width
  std::optional<double> number(std::string_view key) const;         ///< integers too
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<GgufArray> array(std::string_view key) const;

  // Lists. Throw unsupported for more than four million elements: vocabularies have less than one.
  std::optional<std::vector<std::string_view>> texts(std::string_view key) const;
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
  std::optional<std::vector<double>> numbers(std::string_view key) const;
  std::optional<std::vector<bool>> booleans(std::string_view key) const;

  /// What must be there: `metadata.require(key, &GgufMetadata::integer)`. Throws corrupt naming file and key.
  template <class T>
  T require(std::string_view key, std::optional<T> (GgufMetadata::*get)(std::string_view) const) const {
    auto value = (this->*get)(key);
    if (!value) missing(key);
    return *std::move(value);
  }

  const std::string& where() const { return where_; }

private:
  [[noreturn]] void missing(std::string_view key) const;
  [[noreturn]] void wrong_type(std::string_view key, const char* wanted) const;

  template <class T, class Convert>
  std::optional<T> single(std::string_view key, const char* wanted, Convert convert) const;
  template <class T, class Convert>
  std::optional<std::vector<T>> list(std::string_view key, const char* wanted, Convert convert) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::string where_;
};

}  // namespace etna
