#include "hub/listing_size.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace etna::hub {

namespace {

constexpr double usual_bits = 4.85;                   // of the version that most people take (Q4_K_M)
constexpr std::uint64_t working_bytes = 400'000'000;  // context of 8k and intermediates of a small model
constexpr double working_share = 1.08;                // the same grow with the model

double bytes_of(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  return 1;  // eight bits and fewer
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Digits at the front of `text`, at most `most`; they are taken off. Empty if there are more or none.
std::string_view take_digits(std::string_view& text, std::size_t most) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  if (count == 0 || count > most) return {};
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

double number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "8B", "0.6b", "350M", "8x7B" at the front of `text`, followed by no letter or digit; 0: no such thing.
double count_at_front(std::string_view text) {
  double experts = 1;
  std::string_view rest = text;
  if (const auto digits = take_digits(rest, 2); !digits.empty() && rest.starts_with('x')) {
    experts = number(digits);
    text = rest.substr(1);
  }
  rest = text;
  if (take_digits(rest, 4).empty()) return 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (take_digits(rest, 2).empty()) return 0;
  }
  const double value = number(text.substr(0, text.size() - rest.size()));
  if (rest.empty() || (rest.size() > 1 && is_word(rest[1]))) return 0;
  const char unit = rest.front();
  if (unit == 'B' || unit == 'b') return experts * value * 1e9;
  if (unit == 'M' || unit == 'm') return experts * value * 1e6;
  return 0;
}

std::uint64_t count_in_name(std::string_view id) {
  for (std::size_t at = 0; at < id.size(); ++at) {
    const bool begins_here = is_digit(id[at]) && (at == 0 || (!is_word(id[at - 1]) && id[at - 1] != '.'));
    if (!begins_here) continue;
    if (const double count = count_at_front(id.substr(at)); count > 0) return static_cast<std::uint64_t>(count);
  }
  return 0;
}

}  // namespace

std::uint64_t parameter_count(const ModelSummary& model) {
  // Packed words are no weights: there the name knows better.
  const bool packed = std::ranges::any_of(
      model.elements, [](const ElementCount& count) { return count.dtype == "U32" || count.dtype == "I32"; });
  if (packed || model.parameters == 0) return count_in_name(model.id);
  return model.parameters;
}

std::optional<RoughSize> rough_size(const ModelSummary& model) {
  double weights = 0;
  if (!model.is_gguf())
    for (const ElementCount& count : model.elements)
      weights += bytes_of(count.dtype) * static_cast<double>(count.elements);
  if (weights == 0) {
    if (!model.is_gguf() && !model.is_mlx()) return {};
    weights = static_cast<double>(parameter_count(model)) * usual_bits / 8;
  }
  if (weights <= 0) return {};
  return RoughSize{.download_bytes = static_cast<std::uint64_t>(weights),
                   .memory_bytes = static_cast<std::uint64_t>(weights * working_share) + working_bytes};
}

}  // namespace etna::hub
