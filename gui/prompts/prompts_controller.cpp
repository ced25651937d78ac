#include "gui/prompts/prompts_controller.h"

#include <QDesktopServices>
#include <QDir>
#include <QLocale>
#include <QUrl>
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "engine/base/error.h"
#include "gui/jobs/post.h"
#include "gui/prompts/conversation.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;
constexpr std::array<std::uint64_t, 9> limits = {gigabyte / 2,  gigabyte,      2 * gigabyte,
                                                 4 * gigabyte,  8 * gigabyte,  16 * gigabyte,
                                                 32 * gigabyte, 64 * gigabyte, 128 * gigabyte};
constexpr std::uint64_t usual_limit = 8 * gigabyte;

const QString disk_key = QStringLiteral("prompts/onDisk");
const QString limit_key = QStringLiteral("prompts/diskBytes");
const QString list_work = QStringLiteral("list"), erased_work = QStringLiteral("erased"),
              settings_work = QStringLiteral("settings");

/// A folder that cannot be made is said and left out: chats go on without it.
QString apply(Engine& engine, PromptCacheSettings settings) {
  QString trouble;
  for (std::string* folder : {&settings.disk_folder, &settings.snapshot_folder}) {
    try {
      engine.set_prompt_cache(settings);
      break;
    } catch (const Error& error) {
      trouble = PromptsController::tr("Nothing is kept on disk: %1").arg(QString::fromUtf8(error.what()));
      folder->clear();
    }
  }
  return trouble;
}

}  // namespace

PromptsController::PromptsController(Engine& engine, ChatController& chats, ChatKeeper& keeper, QSettings& store,
                                     const PromptCacheSettings& places, QObject* parent)
    : QObject(parent),
      engine_(engine),
      chats_(chats),
      keeper_(keeper),
      store_(store),
      places_(places),
      prompts_([this](const std::string& conversation) { return title_of(conversation); }),
      background_(1) {
  on_disk_ = store_.value(disk_key, true).toBool();
  bool known = false;
  const quint64 limit = store_.value(limit_key, qulonglong{usual_limit}).toULongLong(&known);
  places_.disk_bytes = known ? std::clamp<std::uint64_t>(limit, limits.front(), limits.back()) : usual_limit;
  trouble_ = apply(engine_, wanted());
  connect(&chats_, &ChatController::closed, this,
          [this](const QString& conversation) { forget({.conversation = conversation.toStdString()}); });
  connect(&chats_, &ChatController::finished, this, [this] {
    if (active_) refresh();
  });
  connect(&keeper_, &ChatKeeper::erased, this, &PromptsController::forget_erased_chats);
  connect(&keeper_, &ChatKeeper::opened, this, &PromptsController::forget_erased_chats);
}

PromptCacheSettings PromptsController::wanted() const {
  PromptCacheSettings settings = places_;
  if (!on_disk_) settings.disk_folder.clear();
  return settings;
}

/// Not on the thread of the screens: what is over the limit is deleted, and what waits for the disk is written first.
void PromptsController::configure() {
  background_.run(settings_work, [this, settings = wanted()](const std::stop_token&) -> Background::Answer {
    return [this, trouble = apply(engine_, settings)] {
      trouble_ = trouble;
      emit changed();
      refresh();
    };
  });
}

void PromptsController::set_on_disk(bool on_disk) {
  if (on_disk == on_disk_) return;
  on_disk_ = on_disk;
  store_.setValue(disk_key, on_disk);
  configure();
  emit changed();
}

int PromptsController::limit_steps() const {
  return static_cast<int>(limits.size());
}

int PromptsController::limit() const {
  const auto after = std::ranges::upper_bound(limits, places_.disk_bytes);
  return std::max(0, static_cast<int>(after - limits.begin()) - 1);
}

void PromptsController::set_limit(int step) {
  const std::uint64_t bytes = limits.at(static_cast<std::size_t>(std::clamp(step, 0, limit_steps() - 1)));
  if (bytes == places_.disk_bytes) return;
  places_.disk_bytes = bytes;
  store_.setValue(limit_key, qulonglong{bytes});
  configure();
  emit changed();
}

QString PromptsController::limit_text() const {
  return format::disk_bytes(places_.disk_bytes);
}

QString PromptsController::memory_text() const {
  return format::memory_of(status_.memory_bytes, status_.memory_limit_bytes);
}

QString PromptsController::disk_text() const {
  if (!on_disk_) return {};
  return format::disk_progress(status_.disk_bytes, places_.disk_bytes);
}

QString PromptsController::hit_text() const {
  if (status_.prompt_tokens == 0) return tr("No prompt was read since Etna started.");
  return tr("Since Etna started, %1 % of %2 prompt tokens were not read again.")
      .arg(std::lround(100 * status_.hit_rate()))
      .arg(QLocale().toString(static_cast<qulonglong>(status_.prompt_tokens)));
}

QString PromptsController::clear_text() const {
  return prompts_.bytes() > 0 ? tr("Forget all (%1)").arg(format::disk_bytes(prompts_.bytes())) : tr("Forget all");
}

void PromptsController::set_active(bool active) {
  if (active == active_) return;
  active_ = active;
  emit activeChanged();
  if (active) refresh();
}

void PromptsController::refresh() {
  background_.run(list_work, [this](const std::stop_token&) -> Background::Answer {
    auto kept = std::make_shared<std::vector<KeptPrompt>>(engine_.kept_prompts());
    return [this, kept, status = engine_.prompt_cache()] {
      prompts_.set(std::move(*kept));
      status_ = status;
      if (!status.notes.empty()) trouble_ = QString::fromStdString(status.notes.back());
      known_ = true;
      emit changed();
    };
  });
}

void PromptsController::forget(const PromptSelection& which) {
  engine_.forget_prompts(which, [this](std::uint64_t) {
    post(this, [this] {
      if (active_) refresh();
    });
  });
}

void PromptsController::forget(int row) {
  if (row < 0 || row >= prompts_.count()) return;
  forget({.conversation = prompts_.at(row).conversation, .model = prompts_.at(row).model});
}

void PromptsController::forgetModel(const QString& model) {
  forget({.model = model.toStdString()});
}

void PromptsController::forgetAll() {
  forget(PromptSelection{});
}

void PromptsController::openFolder() {
  if (!folder().isEmpty()) QDesktopServices::openUrl(QUrl::fromLocalFile(folder()));
}

/// Chats in the Trash may come back: theirs stays.
void PromptsController::forget_erased_chats() {
  keeper_.store().chats(false, [this](const chats::Outcome<std::vector<chats::ChatSummary>>& shown) {
    if (!shown) return;
    std::vector<chats::ChatId> there;
    for (const chats::ChatSummary& chat : *shown) there.push_back(chat.id);
    keeper_.store().chats(true, [this, there](const chats::Outcome<std::vector<chats::ChatSummary>>& trashed) mutable {
      if (!trashed) return;
      for (const chats::ChatSummary& chat : *trashed) there.push_back(chat.id);
      forget_others(there);
    });
  });
}

void PromptsController::forget_others(const std::vector<chats::ChatId>& there) {
  background_.run(erased_work,
                  [this, known = std::set<chats::ChatId>(there.begin(), there.end())](
                      const std::stop_token&) -> Background::Answer {
                    auto gone = std::make_shared<std::set<std::string>>();
                    for (const KeptPrompt& kept : engine_.kept_prompts()) {
                      const auto chat = chat_of(kept.conversation);
                      if (chat && !known.contains(*chat)) gone->insert(kept.conversation);
                    }
                    return [this, gone] {
                      ChatList& list = *chats_.chats();
                      for (int row = 0; row < list.count(); ++row)
                        gone->erase(conversation_of(list.at(row)));  // made meanwhile
                      for (const std::string& conversation : *gone) forget({.conversation = conversation});
                    };
                  });
}

QString PromptsController::title_of(const std::string& conversation) const {
  if (conversation.empty()) return tr("Asked outside of a chat");
  const auto id = chat_of(conversation);
  const ChatList& list = *chats_.chats();
  for (int row = 0; row < list.count(); ++row) {
    if (conversation_of(list.at(row)) == conversation)
      return list.data(list.index(row), ChatList::TitleRole).toString();
  }
  return id ? tr("A chat in the Trash") : tr("Another program");
}

}  // namespace etna::gui
