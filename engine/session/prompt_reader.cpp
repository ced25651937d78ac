#include "engine/session/prompt_reader.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/session/cache_exchange.h"
#include "engine/session/chat_boundaries.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

constexpr std::int64_t checkpoint_step = 1024;  // in texts that no message ends
constexpr std::int64_t worth_it = 16;           // tokens

/// A number below 0 for each token of a text that is not known: the same for the same file only.
std::int32_t stand_in(const PromptCacheFile& file) {
  const PromptCacheFileInfo info = describe(file);
  const std::uint64_t hash = hash_text(info.path, info.bytes ^ static_cast<std::uint64_t>(info.last_used) << 20);
  return -1 - static_cast<std::int32_t>(hash & 0x3fffffff);
}

}  // namespace

PromptReader::PromptReader(ModelHost& host, const ChatRequest& request, const PromptCaches& caches)
    : host_(host), in_(host.internals()), request_(request), caches_(caches) {
  if (request.prompt_cache_file.empty()) return;
  file_ = PromptCacheFile::open(request.prompt_cache_file);
  const std::string made_with = file_->metadata(fingerprint_key);
  if (!made_with.empty() && made_with != in_.fingerprint) {
    fail(Errc::invalid_argument, "{}: was made with another model ({}), not with {}", request.prompt_cache_file, file_->metadata("model"), in_.info.name);
  }
  if (const SnapshotFit fit = check_fit(*in_.runner, *file_); !fit.fits) {
    fail(Errc::invalid_argument, "{}: does not fit {}. {}", request.prompt_cache_file, in_.info.name, fit.sentence);
  }
  file_ids_ = token_ids(*file_);
  for (const std::int32_t id : file_ids_) {
    if (static_cast<std::uint64_t>(id) >= in_.info.vocab_size) fail(Errc::corrupt, "{}: has token {}; the model knows {}", request.prompt_cache_file, id, in_.info.vocab_size);
  }
  if (!file_ids_.empty()) return;
  if (in_.runner->rotates_by_length()) {
    fail(Errc::unsupported, "{}: does not say its tokens, and positions of {} depend on the length of the text", request.prompt_cache_file, in_.info.name);
  }
  unknown_ = static_cast<std::size_t>(file_->tokens());
  file_ids_.assign(unknown_, stand_in(*file_));
}

std::vector<std::int32_t> PromptReader::text(std::span<const std::int32_t> ids) const {
  std::vector<std::int32_t> text = file_ids_;
  text.insert(text.end(), ids.begin(), ids.end());
  return text;
}

CachedModel PromptReader::model() const { return {in_.info.name, in_.fingerprint, *in_.runner}; }

/// How many tokens of the text the row holds then.
std::int64_t PromptReader::bring_back(const std::vector<std::int32_t>& text, const Progress& progress) {
  Runner& runner = *in_.runner;
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t same = std::min<std::int64_t>(std::ranges::mismatch(text, in_.context).in1 - text.begin(), size - 1);
  std::int64_t live = runner.keeps_rows(size) && runner.can_truncate(0, same) ? same : 0;
  if (request_.caching == PromptCaching::off) live = 0;
  const auto held_by_file = [&](const PromptCacheFile& file) {
    read_context(runner, file, size, progress);
    report_.tokens = {.snapshot = static_cast<std::uint64_t>(file.tokens())};
    return file.tokens();
  };
  if (file_ && live < file_->tokens() && file_->tokens() < size) return held_by_file(*file_);
  if (!caches_prompts()) {
    const std::int64_t kept = runner.truncate(0, live);
    report_.tokens = {.context = static_cast<std::uint64_t>(kept)};
    if (caches_.store) report_.miss = CacheMiss::switched_off, report_.sentence = "caching was switched off";
    return kept;
  }
  PromptStore::Reading reading = caches_.store->restore(model(), text, live);
  if (caches_.snapshots) {
    const ContextSnapshots::Match snapshot = caches_.snapshots->longest(in_.fingerprint, text);
    if (static_cast<std::int64_t>(snapshot.ids.size()) > reading.length + worth_it) {
      try {
        const PromptCacheFile file = PromptCacheFile::open(snapshot.path);
        if (check_fit(runner, file).fits) {
          reading.length = held_by_file(file);
          reading.tokens = report_.tokens;
          caches_.snapshots->touch(snapshot.path);
        }
      } catch (const Error& error) {
        if (error.code() == Errc::cancelled || error.code() == Errc::device_lost) throw;
        caches_.store->note(error.what());
        reading.length = runner.truncate(0, 0);  // half of it may have been written
        reading.tokens = {};
      }
    }
  }
  const auto find_message = [&](std::int64_t position) { return message_at(host_, request_, text, position); };
  report_ = caches_.store->explain(model(), text, request_.conversation, reading, request_.messages.size(), find_message);
  return reading.length;
}

/// Where rows of layers that forget are to be kept on the way.
std::vector<std::int64_t> PromptReader::checkpoints(const std::vector<std::int32_t>& text, std::int64_t from) const {
  const auto size = static_cast<std::int64_t>(text.size());
  if (!caches_prompts() || unknown_ > 0 || !in_.runner->forgets() || size - from < worth_it) return {};
  std::vector<std::int64_t> all = message_boundaries(host_, request_, text);
  for (std::int64_t at = checkpoint_step; at < size; at += checkpoint_step) all.push_back(at);
  std::ranges::sort(all);
  std::vector<std::int64_t> kept;
  std::int64_t last = from;
  for (const std::int64_t at : all) {
    if (at < last + worth_it) continue;
    kept.push_back(at);
    last = at;
  }
  return kept;
}

std::vector<float> PromptReader::read(const std::vector<std::int32_t>& text, const Progress& progress) {
  prompt_tokens_ = text.size();
  std::vector<std::int32_t>& context = in_.context;
  std::int64_t begin = 0;
  try {
    begin = bring_back(text, progress);
  } catch (const Error&) {
    context.clear();  // what the row holds is not certain
    in_.runner->truncate(0, 0);
    throw;
  }
  const auto size = static_cast<std::int64_t>(text.size());
  const auto upto = [&](std::int64_t end) { context.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end)); };
  const auto piece = [&](std::int64_t end) { return std::span(text).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)); };
  const auto total = static_cast<std::uint64_t>(size - begin);
  std::uint64_t before = 0;
  const Progress of_all{[&](std::uint64_t done, std::uint64_t) { progress(before + done, total); }, progress.stop};
  upto(begin);
  for (const std::int64_t end : checkpoints(text, begin)) {
    in_.runner->append_for_logits(0, piece(end), {}, of_all);
    before += static_cast<std::uint64_t>(end - begin);
    begin = end;
    upto(begin);
    keep();
  }
  const std::int64_t last = size - begin - 1;
  std::vector<float> logits = in_.runner->append_for_logits(0, piece(size), std::span(&last, 1), of_all);
  upto(size);
  return logits;
}

void PromptReader::keep() noexcept {
  if (!caches_.store) return;
  try {
    const bool whole = in_.runner->length(0) == static_cast<std::int64_t>(in_.context.size());
    if (whole && unknown_ == 0) caches_.store->keep(model(), in_.context, request_.caching, request_.conversation);
  } catch (const std::exception& error) {
    log::warning("prompt cache: a context was not kept: {}", error.what());
  }
}

}  // namespace etna
