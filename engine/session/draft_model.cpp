#include "engine/session/draft_model.h"

#include <algorithm>
#include <limits>

#include "engine/base/error.h"
#include "engine/session/load_settings.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

void check_same_vocabulary(const ModelHost& target, const ModelHost& draft) {
  for (const ModelHost* host : {&target, &draft}) {
    if (!host->tokenizer()) fail(Errc::not_found, "draft model: {} has no tokenizer, so vocabularies cannot be compared", host->info().path);
  }
  const Tokenizer &ours = *target.tokenizer(), &theirs = *draft.tokenizer();
  if (ours.vocab_size() != theirs.vocab_size()) {
    fail(Errc::invalid_argument, "draft model {}: it knows {} tokens, {} knows {}; a draft model must have the same vocabulary",
         draft.info().path, theirs.vocab_size(), target.info().path, ours.vocab_size());
  }
  for (std::int32_t id = 0; id < ours.vocab_size(); ++id) {
    if (ours.token(id) == theirs.token(id)) continue;
    fail(Errc::invalid_argument, "draft model {}: token {} is \"{}\", but \"{}\" in {}; a draft model must have the same vocabulary",
         draft.info().path, id, theirs.token(id), ours.token(id), target.info().path);
  }
}

/// Logits for the target's vocabulary, which may be padded otherwise.
std::vector<float> fit(std::span<const float> logits, std::size_t vocab_size) {
  std::vector<float> fitted(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(std::min(logits.size(), vocab_size)));
  fitted.resize(vocab_size, -std::numeric_limits<float>::infinity());
  return fitted;
}

}  // namespace

std::unique_ptr<ModelHost> load_draft_model(ModelHost& target, const std::filesystem::path& path, const Progress& progress) {
  const ModelHost::Internals& in = target.internals();
  const ModelHostOptions options{.activations = activations_name(in.activations),
                                 .context_length = in.info.context_length,
                                 .kv_cache = {.max_size = static_cast<std::uint64_t>(in.runner_options.max_kv_size)},
                                 .adapter = {},
                                 .draft_model = {},
                                 .limits = in.limits};
  std::unique_ptr<ModelHost> draft = ModelHost::load(path, in.backend, options, progress);
  check_same_vocabulary(target, *draft);
  return draft;
}

std::vector<std::int32_t> draft_tokens(ModelHost& draft, std::span<const std::int32_t> text, std::size_t count,
                                       TokenPicker picker, std::size_t vocab_size, const Progress& progress) {
  ModelHost::Internals& in = draft.internals();
  Runner& runner = *in.runner;
  if (text.empty() || count == 0 || text.size() + count > static_cast<std::size_t>(runner.capacity())) return {};
  const auto is_known = [&](std::int32_t id) { return static_cast<std::uint64_t>(id) < in.info.vocab_size; };

  std::vector<std::int32_t>& held = in.context;
  const auto [here, there] = std::ranges::mismatch(text, held);
  const auto same = std::min<std::ptrdiff_t>(here - text.begin(), static_cast<std::ptrdiff_t>(text.size()) - 1);
  held.resize(static_cast<std::size_t>(runner.truncate(0, same)));
  const auto rest = text.subspan(held.size());
  if (!std::ranges::all_of(rest, is_known)) return {};  // from the padding of the target's vocabulary

  // After a round one or two tokens are new: not worth a plan for a piece of text.
  constexpr std::size_t few = 2;
  std::vector<float> logits;
  if (rest.size() > few) {
    const std::int64_t last = static_cast<std::int64_t>(rest.size()) - 1;
    logits = fit(runner.append_for_logits(0, rest, std::span(&last, 1), progress), vocab_size);
  } else {
    for (const std::int32_t& id : rest) logits = fit(runner.step(std::span(&id, 1)), vocab_size);
  }
  held.assign(text.begin(), text.end());

  std::vector<std::int32_t> drafts;
  for (;;) {
    drafts.push_back(picker.pick(logits, held));
    if (drafts.size() == count || !is_known(drafts.back())) return drafts;
    logits = fit(runner.step(std::span(&drafts.back(), 1)), vocab_size);
    held.push_back(drafts.back());
  }
}

}  // namespace etna
