#include "engine/tokenizer/decoder.h"

#include <algorithm>
#include <optional>

#include "engine/base/utf8.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/json_fields.h"

namespace etna {

namespace {

namespace fields = json_fields;

/// Tokens one by one, by a function of the token and whether it is the first.
template <class Function>
class EachToken final : public DecodeStep {
public:
  explicit EachToken(Function function) : function_(std::move(function)) {}

  void push(std::string_view token) override {
    next_->push(function_(token, first_));
    first_ = false;
  }

private:
  Function function_;
  bool first_ = true;
};

template <class Function>
std::unique_ptr<DecodeStep> each_token(Function function) {
  return std::make_unique<EachToken<Function>>(std::move(function));
}

/// GPT-2's alphabet back to bytes. A token with a foreign character stands for its own bytes.
class ByteLevelStep final : public DecodeStep {
public:
  void push(std::string_view token) override {
    if (const auto bytes = byte_level::decode(token)) {
      held_ += *bytes;
    } else {
      held_ += token;
    }
    const std::size_t complete = held_.size() - utf8::incomplete_tail(held_);
    pass(complete);
  }

  void finish() override {
    pass(held_.size());
    next_->finish();
  }

private:
  void pass(std::size_t size) {
    if (size > 0) next_->push(utf8::make_valid(std::string_view(held_).substr(0, size)));
    held_.erase(0, size);
  }

  std::string held_;
};

/// Runs of <0xNN> become characters.
class ByteFallbackStep final : public DecodeStep {
public:
  explicit ByteFallbackStep(Patience patience) : patience_(static_cast<std::size_t>(patience)) {}

  void push(std::string_view token) override {
    if (const auto byte = parse(token)) {
      run_ += *byte;
      show_oldest();
    } else {
      end_run();
      next_->push(token);
    }
  }

  void finish() override {
    end_run();
    next_->finish();
  }

private:
  static std::optional<char> parse(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
    unsigned value = 0;
    for (const char digit : token.substr(3, 2)) {
      const auto at = std::string_view("0123456789ABCDEFabcdef").find(digit);
      if (at == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(at < 16 ? at : at - 6);
    }
    return static_cast<char>(static_cast<unsigned char>(value));
  }

  void show_oldest() {
    if (run_.size() <= patience_) return;  // a character has one byte at least
    std::size_t characters = 0, at = 0;
    for (; at < run_.size(); ++characters) {
      const auto point = utf8::decode(run_, at);
      if (!point.valid) break;
      at += point.size;
    }
    const bool broken = run_.size() - at > utf8::incomplete_tail(run_);
    if (broken || characters <= patience_) return;
    const std::size_t size = utf8::decode(run_, 0).size;
    next_->push(std::string_view(run_).substr(0, size));
    run_.erase(0, size);
  }

  void end_run() {
    if (run_.empty()) return;
    if (utf8::is_valid(run_)) {
      next_->push(run_);
    } else {
      for (std::size_t i = 0; i < run_.size(); ++i) next_->push("\xEF\xBF\xBD");
    }
    run_.clear();
  }

  std::size_t patience_;  // in characters
  std::string run_;
};

/// Takes a character off both ends: of each token, or of the one text that the steps before have fused.
class StripStep final : public DecodeStep {
public:
  StripStep(std::string content, std::int32_t start, std::int32_t stop, bool fused)
      : content_(std::move(content)), start_(start), stop_(stop), fused_(fused), start_left_(start) {}

  void push(std::string_view token) override {
    if (!fused_) {
      start_left_ = start_;
      held_.clear();
    }
    held_ += token;
    while (start_left_ > 0 && held_.starts_with(content_)) {
      held_.erase(0, content_.size());
      --start_left_;
    }
    if (!held_.empty()) start_left_ = 0;
    std::size_t kept = held_.size();
    for (std::int32_t i = 0; i < stop_ && std::string_view(held_).substr(0, kept).ends_with(content_); ++i) {
      kept -= content_.size();
    }
    next_->push(std::string_view(held_).substr(0, kept));
    held_.erase(0, kept);
  }

private:
  std::string content_;
  std::int32_t start_, stop_;
  bool fused_;
  std::int32_t start_left_;
  std::string held_;
};

std::string replace_all(std::string_view token, std::string_view pattern, std::string_view content) {
  std::string out;
  std::size_t at = 0;
  while (!pattern.empty()) {
    const auto found = token.find(pattern, at);
    if (found == token.npos) break;
    out.append(token, at, found - at).append(content);
    at = found + pattern.size();
  }
  return out.append(token, at);
}

/// A replacement in fused text can span tokens, so it waits for the end. (No known family asks for that.)
class FusedReplaceStep final : public DecodeStep {
public:
  explicit FusedReplaceStep(std::function<std::string(std::string_view)> replace) : replace_(std::move(replace)) {}

  void push(std::string_view token) override { held_ += token; }

  void finish() override {
    next_->push(replace_(held_));
    held_.clear();
    next_->finish();
  }

private:
  std::function<std::string(std::string_view)> replace_;
  std::string held_;
};

/// The suffix that ends a word becomes a space, and nothing at the very end.
class WordSuffixStep final : public DecodeStep {
public:
  explicit WordSuffixStep(std::string suffix) : suffix_(std::move(suffix)) {}

  void push(std::string_view token) override {
    if (held_) next_->push(replace_all(*held_, suffix_, " "));
    held_ = token;
  }

  void finish() override {
    if (held_) next_->push(replace_all(*held_, suffix_, ""));
    held_.reset();
    next_->finish();
  }

private:
  std::string suffix_;
  std::optional<std::string> held_;
};

/// Undoes the spaces that WordPiece leaves before punctuation and inside English contractions.
std::string clean_up(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> rules[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : rules) text = replace_all(text, from, to);
  return text;
}

std::function<std::string(std::string_view)> parse_replacement(const nlohmann::json& section, std::string_view where) {
  const auto pattern = fields::pattern(section, where);
  const auto content = fields::string(section, "content", where);
  if (pattern.kind == fields::Pattern::Kind::text) {
    return [pattern = pattern.value, content](std::string_view token) { return replace_all(token, pattern, content); };
  }
  return [regex = std::make_shared<Regex>(pattern.value, where), content](std::string_view token) {
    std::string out;
    std::size_t at = 0;
    for (const auto& range : regex->find_all(token)) {
      out.append(token, at, range.begin - at).append(content);
      at = range.end;
    }
    return out.append(token, at);
  };
}

}  // namespace

Decoder Decoder::parse(const nlohmann::json& section, std::string_view where) {
  Decoder decoder;
  if (section.is_null()) {
    decoder.makers_.push_back([](Patience) {
      return each_token([](std::string_view token, bool first) {
        std::string text(first ? "" : " ");
        return text += token;
      });
    });
  } else {
    decoder.add(section, where);
  }
  return decoder;
}

Decoder Decoder::of(Maker maker) {
  Decoder decoder;
  decoder.makers_.push_back(std::move(maker));
  return decoder;
}

void Decoder::add(const nlohmann::json& section, std::string_view where) {
  const auto kind = fields::string(section, "type", where);
  if (kind == "Sequence") {
    for (const auto& part : fields::array(section, "decoders", where)) add(part, where);
  } else if (kind == "ByteLevel") {
    makers_.push_back([](Patience) { return std::make_unique<ByteLevelStep>(); });
    fused_ = true;
  } else if (kind == "ByteFallback") {
    makers_.push_back([](Patience patience) { return std::make_unique<ByteFallbackStep>(patience); });
  } else if (kind == "Fuse") {
    fused_ = true;
  } else if (kind == "Replace") {
    const auto replace = parse_replacement(section, where);
    if (fused_) {
      makers_.push_back([replace](Patience) { return std::make_unique<FusedReplaceStep>(replace); });
    } else {
      makers_.push_back([replace](Patience) {
        return each_token([replace](std::string_view token, bool) { return replace(token); });
      });
    }
  } else if (kind == "Strip") {
    const auto content = fields::string(section, "content", where);
    if (content.empty()) fail(Errc::corrupt, "{}: content is empty", where);
    const auto start = fields::natural(section, "start", 0, where), stop = fields::natural(section, "stop", 0, where);
    makers_.push_back(
        [=, fused = fused_](Patience) { return std::make_unique<StripStep>(content, start, stop, fused); });
  } else if (kind == "Metaspace") {
    const auto mark = fields::string_or(section, "replacement", "\xE2\x96\x81", where);
    const bool old_form = fields::boolean(section, "add_prefix_space", true, where);
    const bool strips = fields::string_or(section, "prepend_scheme", old_form ? "always" : "never", where) != "never";
    makers_.push_back([=](Patience) {
      return each_token(
          [=](std::string_view token, bool first) { return replace_all(token, mark, first && strips ? "" : " "); });
    });
  } else if (kind == "WordPiece") {
    const auto prefix = fields::string_or(section, "prefix", "##", where);
    const bool cleans = fields::boolean(section, "cleanup", true, where);
    makers_.push_back([=](Patience) {
      return each_token([=](std::string_view token, bool first) {
        std::string text(token);
        if (!first && token.starts_with(prefix)) {
          text.erase(0, prefix.size());
        } else if (!first) {
          text.insert(text.begin(), ' ');
        }
        return cleans ? clean_up(std::move(text)) : text;
      });
    });
  } else if (kind == "BPEDecoder") {
    const auto suffix = fields::string_or(section, "suffix", "</w>", where);
    makers_.push_back([suffix](Patience) { return std::make_unique<WordSuffixStep>(suffix); });
  } else {
    fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
  }
}

Decoder::Steps Decoder::steps(Patience patience) const {
  Steps steps;
  for (const auto& make : makers_) steps.push_back(make(patience));
  return steps;
}

TextDecoder::TextDecoder(const Decoder& decoder, Patience patience) : steps_(decoder.steps(patience)) {
  auto sink = std::make_unique<Sink>();
  sink_ = sink.get();
  steps_.push_back(std::move(sink));
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) steps_[i]->set_next(*steps_[i + 1]);
}

std::string TextDecoder::take_text() {
  return std::exchange(sink_->text, {});
}

std::string TextDecoder::push(std::string_view token) {
  steps_.front()->push(token);
  return take_text();
}

std::string TextDecoder::finish() {
  steps_.front()->finish();
  return take_text();
}

}  // namespace etna
