#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// One step of turning tokens back into text, working on tokens as they arrive. A step passes what is final to the next
/// one and keeps what later tokens can still change.
class DecodeStep {
public:
  virtual ~DecodeStep() = default;
  virtual void push(std::string_view token) = 0;

  /// No more tokens: passes on what is left.
  virtual void finish() { next_->finish(); }

  void set_next(DecodeStep& next) { next_ = &next; }

protected:
  DecodeStep* next_ = nullptr;
};

/// How long a run of byte tokens waits for its end. A run that is broken anywhere becomes one U+FFFD for each byte, so
/// only the whole run is certain; a stream shows the oldest characters of a very long run before that.
enum class Patience : std::size_t { stream = 12, whole = std::numeric_limits<std::size_t>::max() };

/// The "decoder" section of a tokenizer.json: makes the steps of one decoding.
class Decoder {
public:
  using Steps = std::vector<std::unique_ptr<DecodeStep>>;
  using Maker = std::function<std::unique_ptr<DecodeStep>(Patience)>;

  /// Null is a decoder, too: tokens are joined by spaces.
  /// Throws corrupt or unsupported, naming `where` and the field or kind.
  static Decoder parse(const nlohmann::json& section, std::string_view where);

  /// A decoder of one step.
  static Decoder of(Maker maker);

  Steps steps(Patience patience) const;

private:
  void add(const nlohmann::json& section, std::string_view where);

  std::vector<Maker> makers_;
  bool fused_ = false;  // while parsing: the steps so far give one long token
};

/// Text from tokens as they come.
class TextDecoder {
public:
  TextDecoder(const Decoder& decoder, Patience patience);

  /// The text that a token makes final; often its own, empty while a character is incomplete.
  std::string push(std::string_view token);

  /// What is left at the end.
  std::string finish();

private:
  /// End of the chain.
  struct Sink final : DecodeStep {
    std::string text;

    void push(std::string_view token) override { text += token; }

    void finish() override {}
  };

  std::string take_text();

  Decoder::Steps steps_;  // the last is the sink
  Sink* sink_;
};

}  // namespace etna
