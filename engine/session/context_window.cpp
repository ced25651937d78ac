#include "engine/session/context_window.h"

#include <algorithm>
#include <optional>

#include "engine/base/error.h"

namespace etna {

namespace {

/// Stands for a message whose words do not matter.
constexpr const char* some_words = "\xE2\x80\xA6?";

bool is_instruction(const ChatMessage& message) {
  return message.role == "system" || message.role == "developer";
}

bool is_question(const ChatMessage& message) {
  return message.role == "user";
}

/// Where the turns of a conversation begin, and its end behind them.
std::vector<std::size_t> turn_begins(const std::vector<ChatMessage>& messages) {
  std::size_t at = 0;
  while (at < messages.size() && is_instruction(messages[at])) ++at;
  std::vector<std::size_t> begins;
  if (at == messages.size()) return begins;
  begins.push_back(at);
  for (std::size_t i = at + 1; i < messages.size(); ++i) {
    if (is_question(messages[i])) begins.push_back(i);
  }
  begins.push_back(messages.size());
  return begins;
}

/// `count` turns of a conversation, which has more than two beside them: neither the first nor the last.
LeftOut turns_to_leave(const std::vector<std::size_t>& begins, OverflowPolicy policy, std::size_t count) {
  const std::size_t stay = begins.size() - 1 - count;
  const std::size_t first = policy == OverflowPolicy::drop_middle ? std::max<std::size_t>(1, stay / 2) : 1;
  return {.first = begins[first], .messages = begins[first + count] - begins[first], .turns = count};
}

/// The smallest number from 1 to `most` that is enough; none: not even `most` is. Looks near `guess` first.
std::optional<std::size_t> smallest(std::size_t guess, std::size_t most,
                                    const std::function<bool(std::size_t)>& enough) {
  if (!enough(most)) return std::nullopt;
  std::size_t low = 0, high = most;  // low is not enough, high is
  for (std::size_t probe = std::clamp<std::size_t>(guess, 1, most), step = 1; low + 1 < high; step *= 2) {
    if (probe <= low || probe >= high) probe = (low + high) / 2;
    if (enough(probe)) {
      high = probe;
      probe = probe > step ? probe - step : 1;
    } else {
      low = probe;
      probe += step;
    }
  }
  return high;
}

bool can_leave_out(const ChatRequest& request) {
  return request.overflow != OverflowPolicy::stop && request.raw_prompt.empty() && request.prompt_cache_file.empty() &&
         !request.ignore_chat_template;
}

/// About as many turns as have `tokens` of `whole`, by the length of their texts.
std::size_t guess_turns(const ChatRequest& request, const std::vector<std::size_t>& begins, std::size_t most,
                        std::uint64_t tokens, std::uint64_t whole) {
  const auto characters = [&](std::size_t from, std::size_t to) {
    std::size_t sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += request.messages[i].content.size() + 1;
    return static_cast<double>(sum);
  };
  const double all = characters(0, request.messages.size());
  const double wanted = all * static_cast<double>(tokens) / static_cast<double>(std::max<std::uint64_t>(whole, 1));
  double sum = 0;
  std::size_t turns = 0;
  while (turns < most && sum < wanted) {
    ++turns;
    sum += characters(begins[turns], begins[turns + 1]);
  }
  return turns;
}

/// The length of a conversation, and 0 for one that a template refuses: it may want a question at the end, or no
/// instructions.
std::uint64_t length_or_none(const ConversationLength& length, const std::vector<ChatMessage>& messages) {
  try {
    return length(messages);
  } catch (const Error& error) {
    if (error.code() != Errc::template_error) throw;
    return 0;
  }
}

std::uint64_t difference(std::uint64_t more, std::uint64_t less) {
  return more > less ? more - less : 0;
}

}  // namespace

ContextFit fit_context(const ChatRequest& request, std::uint64_t size, std::uint64_t whole,
                       const ConversationLength& length) {
  const std::uint64_t reserve = std::max<std::uint64_t>(request.reply_reserve, 1);
  ContextFit fit{.size = size, .needed = whole + reserve, .left_out = {}, .fits = whole + reserve <= size};
  if (fit.fits || !can_leave_out(request)) return fit;
  const std::vector<std::size_t> begins = turn_begins(request.messages);
  if (begins.size() < 4) return fit;  // the first turn and the last one stay
  const std::size_t most = begins.size() - 3;
  const auto enough = [&](std::size_t turns) {
    const LeftOut left_out = turns_to_leave(begins, request.overflow, turns);
    return length(shown_to_model(request.messages, left_out)) + reserve <= size;
  };
  const std::optional<std::size_t> turns =
      smallest(guess_turns(request, begins, most, fit.needed - size, whole), most, enough);
  if (!turns) return fit;
  fit.left_out = turns_to_leave(begins, request.overflow, *turns);
  fit.fits = true;
  return fit;
}

std::vector<ChatMessage> shown_to_model(const std::vector<ChatMessage>& messages, const LeftOut& left_out) {
  const auto first = messages.begin() + static_cast<std::ptrdiff_t>(left_out.first);
  std::vector<ChatMessage> shown(messages.begin(), first);
  shown.insert(shown.end(), first + static_cast<std::ptrdiff_t>(left_out.messages), messages.end());
  return shown;
}

ContextUse measure_context(const ChatRequest& request, std::span<const AttachedText> attached, std::uint64_t size,
                           const ConversationLength& length,
                           const std::function<std::uint64_t(const std::string&)>& count) {
  const std::vector<ChatMessage>& messages = request.messages;
  ContextUse use{.reserve = std::max<std::uint64_t>(request.reply_reserve, 1), .size = size, .fit = {}};
  if (messages.empty()) {
    use.fit = {.size = size, .needed = use.reserve, .left_out = {}, .fits = use.reserve <= size};
    return use;
  }
  const ChatMessage question{"user", some_words}, answer{"assistant", some_words};
  const auto instructions =
      static_cast<std::size_t>(std::ranges::find_if_not(messages, is_instruction) - messages.begin());
  const bool asks = is_question(messages.back());
  // A conversation of instructions alone is one without its question.
  const bool speaks = instructions < messages.size();
  const std::uint64_t plain_question = length({question});
  std::vector<ChatMessage> told(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(instructions));
  if (instructions > 0) {
    told.push_back(question);
    use.system = difference(length(told), plain_question);
  }
  const std::uint64_t whole = speaks ? length(messages) : use.system;
  use.fit = fit_context(request, size, whole, length);
  if (!speaks) return use;

  use.system = std::min(use.system, whole);
  std::uint64_t rest = whole - use.system;
  if (asks && messages.size() == instructions + 1) {
    use.message = rest;
  } else if (asks) {
    // What it adds to a talk as short as can be. Where a template does not end behind an answer, its own text must do.
    const std::uint64_t before = length_or_none(length, {question, answer});
    const std::uint64_t with =
        before == 0 ? count(messages.back().content) : difference(length({question, answer, messages.back()}), before);
    use.message = std::min(rest, with);
  }
  rest -= use.message;
  use.history = rest;
  for (const AttachedText& text : attached) {
    std::uint64_t& part = asks && text.message + 1 == messages.size() ? use.message : use.history;
    const std::uint64_t tokens = std::min(part, count(text.text));
    part -= tokens;
    use.attachments += tokens;
  }
  return use;
}

}  // namespace etna
