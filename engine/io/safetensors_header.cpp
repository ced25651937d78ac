#include "engine/io/safetensors_header.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

/// Receives the parser's events. The header has three levels: { tensor: { field: value or [ numbers ] } }.
class HeaderHandler : public nlohmann::json::json_sax_t {
public:
  HeaderHandler(SafetensorsHeader& header, const std::string& where) : header_(header), where_(where) {}

  bool null() override {
    if (level_ == 1 && name_ == metadata_key) return true;  // MLX writes null for "no metadata"
    unexpected("null");
  }

  bool boolean(bool) override { unexpected("true or false"); }

  bool number_integer(number_integer_t) override { unexpected("a negative number"); }

  bool number_float(number_float_t, const std::string&) override { unexpected("a fraction"); }

  bool binary(binary_t&) override { unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (level_ != 3) unexpected("a number");
    numbers_->push_back(value);
    if (numbers_->size() > max_axes) fail(Errc::corrupt, "{}: {}: {} has too many elements", where_, subject(), field_);
    return true;
  }

  bool string(std::string& value) override {
    if (level_ == 2 && in_metadata_)
      header_.metadata[field_] = std::move(value);
    else if (level_ == 2 && field_ == "dtype")
      entry_.dtype = std::move(value);
    else
      unexpected("a text");
    return true;
  }

  bool start_object(std::size_t) override {
    if (level_ >= 2) unexpected("an object");
    if (++level_ == 2) {
      in_metadata_ = name_ == metadata_key;
      entry_ = {.name = name_, .dtype = {}, .shape = {}, .offsets = {}};
      has_shape_ = false;
    }
    return true;
  }

  bool key(std::string& value) override {
    (level_ == 1 ? name_ : field_) = std::move(value);
    return true;
  }

  bool end_object() override {
    if (level_-- == 2 && !in_metadata_) finish_entry();
    return true;
  }

  bool start_array(std::size_t) override {
    if (level_ != 2 || in_metadata_) unexpected("a list");
    if (field_ == "shape")
      numbers_ = &entry_.shape;
    else if (field_ == "data_offsets")
      numbers_ = &entry_.offsets;
    else
      unexpected("a list");
    numbers_->clear();
    has_shape_ |= field_ == "shape";
    level_ = 3;
    return true;
  }

  bool end_array() override {
    level_ = 2;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    // nlohmann's text: "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error …"
    std::string_view what = error.what();
    if (const auto at = what.find("] "); at != what.npos) what.remove_prefix(at + 2);
    // The parser repeats the last token, however long it is: quote() cuts.
    fail(Errc::corrupt, "{}: the header is not valid JSON: {}", where_, quote(what));
  }

private:
  static constexpr std::string_view metadata_key = "__metadata__";
  static constexpr std::size_t max_axes = 32;

  std::string subject() const { return level_ == 0 ? "header" : "tensor " + quote(name_); }

  [[noreturn]] void unexpected(const char* what) const {
    if (level_ < 2) fail(Errc::corrupt, "{}: {}: {} where the header wants an object", where_, subject(), what);
    fail(Errc::corrupt, "{}: {}: {} in field {}", where_, subject(), what, quote(field_));
  }

  void finish_entry() {
    if (entry_.dtype.empty()) fail(Errc::corrupt, "{}: {}: dtype is missing", where_, subject());
    if (!has_shape_) fail(Errc::corrupt, "{}: {}: shape is missing", where_, subject());
    if (entry_.offsets.size() != 2) {
      fail(Errc::corrupt, "{}: {}: data_offsets has {} numbers, not 2", where_, subject(), entry_.offsets.size());
    }
    header_.entries.push_back(std::move(entry_));
  }

  SafetensorsHeader& header_;
  const std::string& where_;
  int level_ = 0;  // open brackets
  bool in_metadata_ = false;
  bool has_shape_ = false;
  std::string name_;
  std::string field_;
  HeaderEntry entry_;
  std::vector<std::uint64_t>* numbers_ = nullptr;  // of the list being read
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where) {
  SafetensorsHeader header;
  HeaderHandler handler(header, where);
  nlohmann::json::sax_parse(text, &handler);
  return header;
}

}  // namespace etna
