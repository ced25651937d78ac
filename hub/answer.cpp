#include "hub/answer.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"

namespace etna::hub {

namespace {

constexpr int deepest_answer = 64;

/// Adds up what values would take in nlohmann's representation, without making them. Stops when it is too much.
class CostCounter : public nlohmann::json_sax<nlohmann::json> {
public:
  bool null() override { return add(16); }

  bool boolean(bool) override { return add(16); }

  bool number_integer(number_integer_t) override { return add(16); }

  bool number_unsigned(number_unsigned_t) override { return add(16); }

  bool number_float(number_float_t, const string_t&) override { return add(16); }

  bool string(string_t& text) override { return add(64 + text.size()); }

  bool binary(binary_t&) override { return add(64); }

  bool start_object(std::size_t) override { return add(80); }

  bool key(string_t& text) override { return add(112 + text.size()); }

  bool end_object() override { return true; }

  bool start_array(std::size_t) override { return add(64); }

  bool end_array() override { return true; }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;  // parse_json says what is wrong
  }

  bool too_much() const { return bytes_ > most_answer_memory; }

private:
  bool add(std::size_t bytes) {
    bytes_ += bytes;
    return !too_much();
  }

  std::size_t bytes_ = 0;
};

const nlohmann::json nothing;

}  // namespace

nlohmann::json parse_answer(std::string_view text, std::string_view where) {
  CostCounter counter;
  nlohmann::json::sax_parse(text.begin(), text.end(), &counter);
  if (counter.too_much()) fail(Errc::corrupt, "{}: the answer holds more values than Etna accepts", where);
  return parse_json(text, where, deepest_answer);
}

const nlohmann::json& member(const nlohmann::json& value, const char* key) {
  if (!value.is_object()) return nothing;
  const auto found = value.find(key);
  return found == value.end() ? nothing : *found;
}

std::string text_of(const nlohmann::json& value, std::size_t limit) {
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  return text.size() <= limit ? text : std::string();
}

std::optional<std::uint64_t> count_of(const nlohmann::json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto count = value.get<std::uint64_t>();
  return count <= (std::uint64_t{1} << 53) ? std::optional(count) : std::nullopt;
}

bool is_true(const nlohmann::json& value) { return value.is_boolean() && value.get<bool>(); }

}  // namespace etna::hub
