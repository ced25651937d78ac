#include "engine/tokenizer/normalize.h"

#include <utility>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/normal_form.h"
#include "engine/tokenizer/precompiled.h"
#include "engine/tokenizer/unicode.h"

namespace etna {

namespace {

namespace fields = json_fields;

/// Rewrites by a plain function.
template <class Function>
class Step final : public Normalizer {
public:
  explicit Step(Function function) : function_(std::move(function)) {}

  std::string apply(std::string text) const override { return function_(std::move(text)); }

private:
  Function function_;
};

template <class Function>
std::unique_ptr<const Normalizer> step(Function function) {
  return std::make_unique<Step<Function>>(std::move(function));
}

/// Keeps the characters that `keep` accepts.
template <class Keep>
std::string filter(std::string_view text, Keep keep) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    if (keep(point.value)) out.append(text, at, point.size);
    at += point.size;
  }
  return out;
}

std::string strip(std::string_view text, bool left, bool right) {
  std::size_t begin = 0, end = 0;
  bool started = !left;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    if (!unicode::is_space(point.value)) {
      if (!started) begin = at;
      started = true;
      end = at + point.size;
    }
    at += point.size;
  }
  if (!right) end = text.size();
  return started && begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string replace_ranges(std::string_view text, const std::vector<TextRange>& ranges, std::string_view content) {
  std::string out;
  out.reserve(text.size());
  std::size_t end = 0;
  for (const auto& range : ranges) {
    out.append(text, end, range.begin - end).append(content);
    end = range.end;
  }
  return out.append(text, end);
}

std::string replace_text(std::string_view text, std::string_view pattern, std::string_view content) {
  std::vector<TextRange> ranges;
  if (!pattern.empty()) {
    for (auto at = text.find(pattern); at != text.npos; at = text.find(pattern, at + pattern.size())) {
      ranges.push_back({at, at + pattern.size()});
    }
  }
  return replace_ranges(text, ranges, content);
}

std::unique_ptr<const Normalizer> parse_replace(const nlohmann::json& section, std::string_view where) {
  auto pattern = fields::pattern(section, where);
  auto content = fields::string(section, "content", where);
  if (pattern.kind == fields::Pattern::Kind::text) {
    return step([pattern = std::move(pattern.value), content = std::move(content)](std::string text) {
      return replace_text(text, pattern, content);
    });
  }
  return step([regex = Regex(pattern.value, where), content = std::move(content)](std::string text) {
    return replace_ranges(text, regex.find_all(text), content);
  });
}

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::unique_ptr<const Normalizer> parse_bert(const nlohmann::json& section, std::string_view where) {
  const bool clean = fields::boolean(section, "clean_text", true, where);
  const bool chinese = fields::boolean(section, "handle_chinese_chars", true, where);
  const bool lowercase = fields::boolean(section, "lowercase", true, where);
  const bool strip_accents = fields::boolean(section, "strip_accents", lowercase, where);
  return step([=](std::string text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const auto point = utf8::decode(text, at);
      at += point.size;
      const char32_t c = point.value;
      const bool blank = unicode::is_space(c);
      const bool control = unicode::is_control(c) && c != '\t' && c != '\n' && c != '\r';
      if (clean && (control || c == utf8::replacement)) continue;
      const bool apart = chinese && is_chinese(c);
      if (apart) out += ' ';
      utf8::append(out, clean && blank ? U' ' : c);
      if (apart) out += ' ';
    }
    if (strip_accents) {
      out = filter(unicode::normalize(std::move(out), unicode::Form::nfd),
                   [](char32_t c) { return !unicode::is_nonspacing_mark(c); });
    }
    return lowercase ? unicode::lowercase(out) : out;
  });
}

std::unique_ptr<const Normalizer> parse_sequence(const nlohmann::json& section, std::string_view where) {
  std::vector<std::unique_ptr<const Normalizer>> steps;
  for (const auto& part : fields::array(section, "normalizers", where)) {
    if (auto parsed = parse_normalizer(part, where)) steps.push_back(std::move(parsed));
  }
  return step([steps = std::move(steps)](std::string text) {
    for (const auto& part : steps) text = part->apply(std::move(text));
    return text;
  });
}

std::unique_ptr<const Normalizer> form(unicode::Form form) {
  return step([form](std::string text) { return unicode::normalize(std::move(text), form); });
}

}  // namespace

std::unique_ptr<const Normalizer> parse_normalizer(const nlohmann::json& section, std::string_view where) {
  if (section.is_null()) return nullptr;
  const auto kind = fields::string(section, "type", where);
  if (kind == "Sequence") return parse_sequence(section, where);
  if (kind == "Replace") return parse_replace(section, where);
  if (kind == "BertNormalizer") return parse_bert(section, where);
  if (kind == "NFC") return form(unicode::Form::nfc);
  if (kind == "NFD") return form(unicode::Form::nfd);
  if (kind == "NFKC") return form(unicode::Form::nfkc);
  if (kind == "NFKD") return form(unicode::Form::nfkd);
  if (kind == "Lowercase") return step([](std::string text) { return unicode::lowercase(text); });
  if (kind == "ByteLevel") return step([](std::string text) { return byte_level::encode(text); });
  if (kind == "Prepend") {
    return step([prefix = fields::string(section, "prepend", where)](std::string text) {
      return text.empty() ? text : prefix + text;
    });
  }
  if (kind == "Strip") {
    const bool left = fields::boolean(section, "strip_left", true, where);
    const bool right = fields::boolean(section, "strip_right", true, where);
    return step([left, right](std::string text) { return strip(text, left, right); });
  }
  if (kind == "Precompiled") {
    auto map = std::make_shared<PrecompiledMap>(fields::string(section, "precompiled_charsmap", where), where);
    return step([map](std::string text) { return map->apply(text); });
  }
  if (kind == "StripAccents") {
    return step([](std::string text) { return filter(text, [](char32_t c) { return !unicode::is_mark(c); }); });
  }
  fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
}

}  // namespace etna
