#include "gui/chat/context/overflow_question.h"

#include <QLocale>
#include <algorithm>
#include <bit>

#include "engine/base/error.h"
#include "gui/models/load_store.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

const QString turns_key = QStringLiteral("turns");
const QString now_key = QStringLiteral("overflow now");
const QString larger_key = QStringLiteral("overflow larger");

QString number(std::uint64_t value) {
  return QLocale().toString(static_cast<qulonglong>(value));
}

/// The power of two that holds so many tokens, or all that the model was trained for.
std::uint64_t size_for(std::uint64_t tokens, std::uint64_t trained) {
  return std::min(std::bit_ceil(tokens), trained);
}

}  // namespace

OverflowQuestion::OverflowQuestion(Engine& engine, ChatController& chats, LibraryController& library, QObject* parent)
    : QObject(parent), engine_(engine), chats_(chats), library_(library) {
  connect(&chats_, &ChatController::stateChanged, this, &OverflowQuestion::look);
  connect(&chats_, &ChatController::currentChanged, this, &OverflowQuestion::look);
}

QString OverflowQuestion::path() const {
  return library_.pathOf(library_.model_id());
}

void OverflowQuestion::look() {
  const ContextFit* fit = chats_.overflow();
  const std::uint64_t needed = fit ? fit->needed : 0, size = fit ? fit->size : 0;
  if (needed == needed_ && size == size_) return;
  needed_ = needed;
  size_ = size;
  turns_ = larger_ = 0;
  now_bytes_.reset();
  larger_bytes_.reset();
  looking_ = 0;
  ++round_;
  if (fit) {
    trained_ = library_.model().trained_context_length;
    look_for_turns();
    if (trained_ >= needed_) {
      ask_size(now_key, size_, [this](const std::optional<LoadEstimate>& now) {
        if (now) now_bytes_ = now->total();
        found();
      });
      look_for_size(size_for(needed_, trained_));
    }
  }
  emit changed();
}

void OverflowQuestion::look_for_turns() {
  ++looking_;
  ChatRequest request = chats_.next_request();
  request.overflow = OverflowPolicy::drop_oldest;
  const auto work = [this, request, round = round_](const std::stop_token&) -> Background::Answer {
    std::uint64_t turns = 0;
    try {
      const std::optional<ContextUse> use = engine_.context_use(request);
      if (use && use->fit.fits) turns = use->fit.left_out.turns;
    } catch (const Error&) {
      // A template that does not let turns go: this is no way out, and the others are shown.
    }
    return [this, turns, round] {
      if (round != round_) return;
      turns_ = turns;
      found();
    };
  };
  background_.run(turns_key, work);
}

/// By the estimate that admits loads.
void OverflowQuestion::ask_size(const QString& key, std::uint64_t tokens, Estimator::Answer take) {
  ++looking_;
  SavedLoad load = library_.load_store().read(path());
  load.context_length = tokens;
  LoadRequest request = request_for(path(), load, library_.app_device());
  request.replaces = library_.model_id();
  library_.estimator().ask(key, std::move(request),
                           [this, take = std::move(take), round = round_](const auto& estimate) {
                             if (round == round_) take(estimate);
                           });
}

/// A size that does not fit is tried once more with the longest that does.
void OverflowQuestion::look_for_size(std::uint64_t tokens) {
  ask_size(larger_key, tokens, [this](const std::optional<LoadEstimate>& larger) { take_size(larger); });
}

void OverflowQuestion::take_size(const std::optional<LoadEstimate>& larger) {
  if (larger && larger->missing_bytes == 0) {
    larger_ = larger->context_length;
    larger_bytes_ = larger->total();
  } else if (larger && larger->longest_context >= needed_ && larger->longest_context < larger->context_length) {
    look_for_size(larger->longest_context);
  }
  found();
}

void OverflowQuestion::found() {
  --looking_;
  emit changed();
}

QString OverflowQuestion::body() const {
  if (!asking()) return {};
  return tr("It needs %1 tokens; %2 fit. Choose what to do:").arg(number(needed_), number(size_));
}

QString OverflowQuestion::grow_text() const {
  if (larger_ == 0) return {};
  if (!now_bytes_ || *larger_bytes_ <= *now_bytes_) return tr("Make it %1 (fits)").arg(number(larger_));
  return tr("Make it %1 (+%2, fits)").arg(number(larger_), format::memory_bytes(*larger_bytes_ - *now_bytes_));
}

QString OverflowQuestion::grow_note() const {
  if (!asking() || looking() || larger_ > 0) return {};
  if (trained_ < needed_)
    return tr("The model was made for %1 tokens at most: its memory can't grow that far.").arg(number(trained_));
  return tr("A larger memory of the chat does not fit this computer now.");
}

QString OverflowQuestion::leave_text() const {
  if (turns_ == 0) return {};
  return turns_ == 1 ? tr("Leave out the oldest turn") : tr("Leave out the %1 oldest turns").arg(number(turns_));
}

void OverflowQuestion::grow() {
  if (larger_ == 0) return;
  const std::uint64_t tokens = larger_;
  const QString path = this->path();
  SavedLoad load = library_.load_store().read(path);
  load.context_length = tokens;
  library_.load_store().write(path, load);
  chats::ChatSettings settings = chats_.settings();
  settings.context_length = tokens;
  chats_.change_settings(settings);
  chats_.wait_for_model();
  library_.loadWith(path, Admission::refuse);
}

void OverflowQuestion::leaveOut() {
  if (turns_ > 0) chats_.leave_out_once(OverflowPolicy::drop_oldest);
}

void OverflowQuestion::cancel() {
  if (asking()) chats_.stop();
}

}  // namespace etna::gui
