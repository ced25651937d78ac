#include "engine/tokenizer/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <unordered_map>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/sentencepiece_file.h"

namespace etna {

namespace {

using Processor = sentencepiece::SentencePieceProcessor;

class SentencePieceModel final : public TokenModel {
public:
  explicit SentencePieceModel(std::shared_ptr<const Processor> processor) : processor_(std::move(processor)) {}

  void encode(std::string_view piece, std::vector<std::int32_t>& out) const override {
    std::vector<int> ids;
    if (const auto status = processor_->Encode(piece, &ids); !status.ok()) {
      fail(Errc::invalid_argument, "SentencePiece cannot cut this text: {}", status.ToString());
    }
    out.insert(out.end(), ids.begin(), ids.end());
  }

private:
  std::shared_ptr<const Processor> processor_;
};

/// What decoding needs to know of the pieces, by their texts.
struct PieceTexts {
  std::unordered_map<std::string, std::string> fixed;  ///< control and unknown tokens: what they decode to
  std::unordered_map<std::string, char> bytes;
  bool strips = false;      ///< the mark at the very start is no space
  bool strips_all = false;  ///< … nor are those after it
};

/// The library's rules: runs of bytes give their characters and U+FFFD for every byte that is part of none; the space
/// that encoding put at the start goes.
class SentencePieceStep final : public DecodeStep {
public:
  explicit SentencePieceStep(std::shared_ptr<const PieceTexts> texts) : texts_(std::move(texts)) {}

  void push(std::string_view token) override {
    const std::string text(token);
    if (const auto byte = texts_->bytes.find(text); byte != texts_->bytes.end()) {
      run_ += byte->second;
      show_run(run_.size() - utf8::incomplete_tail(run_));
      return;
    }
    show_run(run_.size());
    if (space_taken_ || shown_) at_start_ = false;
    space_taken_ = false;
    if (const auto fixed = texts_->fixed.find(text); fixed != texts_->fixed.end()) {
      show(fixed->second);
    } else {
      show(spaced(token));
    }
  }

  void finish() override {
    show_run(run_.size());
    next_->finish();
  }

private:
  std::string spaced(std::string_view token) {
    constexpr std::string_view mark = "\xE2\x96\x81";
    if (at_start_ && texts_->strips && token.starts_with(mark)) {
      token.remove_prefix(mark.size());
      space_taken_ = !texts_->strips_all;
    }
    std::string out;
    while (!token.empty()) {
      const bool space = token.starts_with(mark);
      if (space) {
        out += ' ';
      } else {
        out += token.front();
      }
      token.remove_prefix(space ? mark.size() : 1);
    }
    return out;
  }

  void show_run(std::size_t size) {
    std::string out;
    for (std::size_t at = 0; at < size;) {
      const auto point = utf8::decode(run_, at);
      if (point.valid) {
        out.append(run_, at, point.size);
      } else {
        utf8::append(out, utf8::replacement);
      }
      at += point.valid ? point.size : 1;
    }
    run_.erase(0, size);
    show(out);
  }

  void show(std::string_view text) {
    if (text.empty()) return;
    shown_ = true;
    // Pieces of a hostile model need not be valid text.
    next_->push(utf8::is_valid(text) ? text : utf8::make_valid(text));
  }

  std::shared_ptr<const PieceTexts> texts_;
  std::string run_;  // bytes that may yet become a character
  bool at_start_ = true, space_taken_ = false, shown_ = false;
};

std::shared_ptr<const Processor> load_processor(std::string_view bytes, std::string_view where) {
  auto processor = std::make_shared<Processor>();
  try {
    if (const auto status = processor->LoadFromSerializedProto(bytes); !status.ok()) {
      fail(Errc::corrupt, "{}: SentencePiece refuses it: {}", where, status.ToString());
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(Errc::corrupt, "{}: SentencePiece refuses it: {}", where, error.what());
  }
  return processor;
}

PieceTexts piece_texts(const Processor& processor, const SentencePieceFacts& facts, ControlTokens control) {
  PieceTexts texts;
  texts.strips = facts.add_dummy_prefix || facts.remove_extra_whitespaces;
  texts.strips_all = facts.remove_extra_whitespaces;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const std::string& piece = processor.IdToPiece(id);
    if (processor.IsControl(id)) {
      texts.fixed.emplace(piece, control == ControlTokens::hidden ? std::string() : piece);
    } else if (processor.IsUnknown(id)) {
      texts.fixed.emplace(piece, facts.unknown_surface);
    } else if (processor.IsByte(id) && piece.size() == 6) {
      texts.bytes.emplace(piece, static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)));
    }
  }
  return texts;
}

TokenizerSettings settings_of(const Processor& processor) {
  TokenizerSettings settings;
  const auto add = [&](const char* name, int id) {
    if (id >= 0 && id < processor.GetPieceSize()) settings.special_tokens.emplace(name, processor.IdToPiece(id));
  };
  add("bos_token", processor.bos_id());
  add("eos_token", processor.eos_id());
  add("unk_token", processor.unk_id());
  add("pad_token", processor.pad_id());
  return settings;
}

}  // namespace

SentencePieceTokenizer parse_sentencepiece(std::string_view bytes, std::string_view where, ControlTokens control) {
  const SentencePieceFacts facts = check_sentencepiece_file(bytes, where);
  const auto processor = load_processor(bytes, where);
  TokenizerParts parts;
  parts.where = where;
  parts.vocabulary = std::make_shared<Vocabulary>();
  parts.vocabulary->reserve(facts.pieces);
  for (int id = 0; id < processor->GetPieceSize(); ++id) {
    parts.vocabulary->add(processor->IdToPiece(id), id, where);
    if (processor->IsControl(id)) parts.control_ids.push_back(id);
  }
  parts.model = std::make_shared<SentencePieceModel>(processor);
  parts.decoder = Decoder::of([texts = std::make_shared<const PieceTexts>(piece_texts(*processor, facts, control))](
                                  Patience) { return std::make_unique<SentencePieceStep>(texts); });
  return {std::move(parts), settings_of(*processor), facts.kind == SentencePieceFacts::Kind::bpe};
}

}  // namespace etna
