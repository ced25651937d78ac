#include "engine/tokenizer/pretokenize.h"

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/unicode.h"

namespace etna {

namespace {

namespace fields = json_fields;
using Steps = std::unique_ptr<const PreTokenizer>;

/// GPT-2's pattern; it belongs to the kind ByteLevel and stands in no file.
constexpr const char* byte_level_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class Split final : public PreTokenizer {
public:
  Split(Pieces::Find find, SplitBehavior behavior) : find_(std::move(find)), behavior_(behavior) {}

  void apply(Pieces& pieces) const override { pieces.split(find_, behavior_); }

private:
  Pieces::Find find_;
  SplitBehavior behavior_;
};

class Sequence final : public PreTokenizer {
public:
  explicit Sequence(std::vector<Steps> steps) : steps_(std::move(steps)) {}

  void apply(Pieces& pieces) const override {
    for (const auto& step : steps_) step->apply(pieces);
  }

private:
  std::vector<Steps> steps_;
};

Pieces::Find find_regex(std::string_view pattern, Invert inverted, std::string_view where) {
  return [regex = std::make_shared<Regex>(pattern, where), inverted](std::string_view piece,
                                                                     std::vector<Pieces::Part>& parts) {
    append_parts(regex->find_all(piece), piece.size(), inverted, parts);
  };
}

class ByteLevel final : public PreTokenizer {
public:
  ByteLevel(const nlohmann::json& section, std::string_view where)
      : add_prefix_space_(fields::boolean(section, "add_prefix_space", true, where)) {
    if (fields::boolean(section, "use_regex", true, where)) find_ = find_regex(byte_level_pattern, Invert::no, where);
  }

  void apply(Pieces& pieces) const override {
    if (add_prefix_space_) {
      pieces.rewrite([](std::string_view piece, std::size_t, std::string& out) {
        if (!piece.starts_with(' ')) out += ' ';
        out += piece;
      });
    }
    if (find_) pieces.split(find_, SplitBehavior::isolated);
    pieces.rewrite(
        [](std::string_view piece, std::size_t, std::string& out) { byte_level::append_encoded(out, piece); });
  }

private:
  bool add_prefix_space_;
  Pieces::Find find_;
};

/// SentencePiece's way: a visible mark for each space, and one at the start.
class Metaspace final : public PreTokenizer {
public:
  Metaspace(const nlohmann::json& section, std::string_view where)
      : mark_(fields::string_or(section, "replacement", "\xE2\x96\x81", where)),
        split_(fields::boolean(section, "split", true, where)) {
    const bool old_form = fields::boolean(section, "add_prefix_space", true, where);
    const auto scheme = fields::string_or(section, "prepend_scheme", old_form ? "always" : "never", where);
    if (scheme == "always") {
      prepend_ = Prepend::always;
    } else if (scheme == "first") {
      prepend_ = Prepend::first;
    } else if (scheme != "never") {
      fail(Errc::unsupported, "{}: Etna does not know the prepend_scheme {:?}", where, scheme);
    }
  }

  void apply(Pieces& pieces) const override {
    const bool starts = pieces.starts_text();
    pieces.rewrite([&](std::string_view piece, std::size_t index, std::string& out) {
      const bool wanted = prepend_ == Prepend::always || (prepend_ == Prepend::first && starts && index == 0);
      if (wanted && !piece.starts_with(' ') && !piece.starts_with(mark_)) out += mark_;
      for (const char c : piece) {
        if (c == ' ') {
          out += mark_;
        } else {
          out += c;
        }
      }
    });
    if (split_) pieces.split(find_text(mark_, Invert::no), SplitBehavior::merged_with_next);
  }

private:
  enum class Prepend { never, first, always };

  std::string mark_;
  bool split_;
  Prepend prepend_ = Prepend::never;
};

SplitBehavior behavior(const nlohmann::json& section, const std::string& otherwise, std::string_view where) {
  const auto name = fields::string_or(section, "behavior", otherwise, where);
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail(Errc::unsupported, "{}: Etna does not know the behavior {:?}", where, name);
}

Steps parse_split(const nlohmann::json& section, std::string_view where) {
  auto pattern = fields::pattern(section, where);
  const auto inverted = fields::boolean(section, "invert", false, where) ? Invert::yes : Invert::no;
  auto find = pattern.kind == fields::Pattern::Kind::text ? find_text(std::move(pattern.value), inverted)
                                                          : find_regex(pattern.value, inverted, where);
  return std::make_unique<Split>(std::move(find), behavior(section, "", where));
}

Steps parse_sequence(const nlohmann::json& section, std::string_view where) {
  std::vector<Steps> steps;
  for (const auto& part : fields::array(section, "pretokenizers", where)) {
    if (auto step = parse_pre_tokenizer(part, where)) steps.push_back(std::move(step));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

Steps split_at_spaces() {
  return std::make_unique<Split>(find_characters(unicode::is_space), SplitBehavior::removed);
}

Steps bert() {
  std::vector<Steps> steps;
  steps.push_back(split_at_spaces());
  steps.push_back(std::make_unique<Split>(find_characters(unicode::is_punctuation), SplitBehavior::isolated));
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace

Steps parse_pre_tokenizer(const nlohmann::json& section, std::string_view where) {
  if (section.is_null()) return nullptr;
  const auto kind = fields::string(section, "type", where);
  if (kind == "Sequence") return parse_sequence(section, where);
  if (kind == "Split") return parse_split(section, where);
  if (kind == "ByteLevel") return std::make_unique<ByteLevel>(section, where);
  if (kind == "Metaspace") return std::make_unique<Metaspace>(section, where);
  if (kind == "WhitespaceSplit") return split_at_spaces();
  if (kind == "BertPreTokenizer") return bert();
  if (kind == "Whitespace") {
    return std::make_unique<Split>(find_regex(R"(\w+|[^\w\s]+)", Invert::yes, where), SplitBehavior::removed);
  }
  if (kind == "Punctuation") {
    return std::make_unique<Split>(find_characters(unicode::is_punctuation), behavior(section, "Isolated", where));
  }
  if (kind == "Digits") {
    const bool each = fields::boolean(section, "individual_digits", false, where);
    return std::make_unique<Split>(find_characters(unicode::is_number),
                                   each ? SplitBehavior::isolated : SplitBehavior::contiguous);
  }
  if (kind == "CharDelimiterSplit") {
    return std::make_unique<Split>(find_text(fields::string(section, "delimiter", where), Invert::no),
                                   SplitBehavior::removed);
  }
  fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
}

}  // namespace etna
