#include "gui/chat/context/context_meter.h"

#include <QLocale>
#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace etna::gui {
namespace {

const QString key = QStringLiteral("context");
constexpr int pause_ms = 200;

}  // namespace

ContextMeter::ContextMeter(Engine& engine, ChatController& chats, LibraryController& library, QObject* parent)
    : QObject(parent), engine_(engine), chats_(chats), library_(library) {
  pause_.setSingleShot(true);
  pause_.setInterval(pause_ms);
  connect(&pause_, &QTimer::timeout, this, &ContextMeter::count);
  const auto soon = [this] { pause_.start(); };
  connect(&chats_, &ChatController::currentChanged, this, [this, soon] {
    if (std::exchange(chat_, chats_.current_id()) != chats_.current_id()) take({});
    soon();
  });
  connect(&chats_, &ChatController::finished, this, soon);
  connect(&chats_, &ChatController::settingsChanged, this, soon);
  connect(&chats_, &ChatController::settingsChanged, this, &ContextMeter::policyChanged);
  connect(&chats_, &ChatController::draftChanged, this, [this, soon] {
    if (watched_) soon();
  });
  connect(&library_, &LibraryController::ready, this, soon);
  connect(&library_, &LibraryController::unloaded, this, soon);
  connect(&library_, &LibraryController::aboutToLoad, this, [this] { take({}); });
}

double ContextMeter::used() const {
  if (!use_ || use_->size == 0) return 0;
  return std::min(1.0, static_cast<double>(use_->used()) / static_cast<double>(use_->size));
}

QString ContextMeter::text() const {
  if (!use_) return {};
  const QLocale locale;
  return tr("%1 of %2 tokens")
      .arg(locale.toString(static_cast<qulonglong>(use_->used())),
           locale.toString(static_cast<qulonglong>(use_->size)));
}

QString ContextMeter::note() const {
  if (!use_ || (use_->fit.fits && use_->fit.left_out.turns == 0)) return {};
  if (!use_->fit.fits) return tr("The next message does not fit. You will be asked what to do.");
  if (use_->fit.left_out.turns == 1) return tr("One turn is left out of what the model sees next.");
  return tr("%1 turns are left out of what the model sees next.").arg(use_->fit.left_out.turns);
}

int ContextMeter::policy() const {
  return static_cast<int>(chats_.settings().overflow);
}

void ContextMeter::set_policy(int policy) {
  if (policy < 0 || policy > 2) return;
  chats::ChatSettings settings = chats_.settings();
  settings.overflow = static_cast<chats::Overflow>(policy);
  chats_.change_settings(settings);
}

void ContextMeter::set_watched(bool watched) {
  if (watched == watched_) return;
  watched_ = watched;
  emit watchedChanged();
  if (watched) count();
}

void ContextMeter::count() {
  pause_.stop();
  if (!library_.loaded() || chats_.opening()) {
    background_.cancel(key);
    return take({});
  }
  background_.run(key, [this, request = chats_.next_request()](const std::stop_token&) -> Background::Answer {
    std::optional<ContextUse> use;
    try {
      use = engine_.context_use(request);
    } catch (const Error&) {
      // The reply itself says what is wrong with the request.
    }
    return [this, use] { take(use); };
  });
}

void ContextMeter::take(const std::optional<ContextUse>& use) {
  if (use == use_) return;
  use_ = use;
  const QVector<ContextPart> parts = context_parts(use.value_or(ContextUse{}));
  QVector<Segment> segments;
  for (const ContextPart& part : parts)
    segments << Segment{part.name, part.tokens, part.color, static_cast<Pattern>(part.pattern)};
  parts_.set(parts);
  segments_.set(segments, use ? std::max(use->size, use->used() + use->reserve) : 1);
  emit changed();
}

}  // namespace etna::gui
