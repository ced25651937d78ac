#include "gui/chat/settings/chat_inspector.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/chat/stored_message.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t least_size = 512;
// Where the model does not say what it was made for.
constexpr std::uint64_t usual_most = 32'768;

/// Line breaks can't be typed into one line, so they are written as programs write them.
std::string unescaped(const QString& text) {
  QString result;
  for (qsizetype i = 0; i < text.size(); ++i) {
    const QChar next = i + 1 < text.size() ? text[i + 1] : QChar();
    if (text[i] == u'\\' && (next == u'n' || next == u't' || next == u'\\')) {
      result += next == u'n' ? u'\n' : next == u't' ? u'\t' : u'\\';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result.toStdString();
}

QString escaped(const std::string& text) {
  return QString::fromStdString(text)
      .replace(u'\\', QLatin1String("\\\\"))
      .replace(u'\n', QLatin1String("\\n"))
      .replace(u'\t', QLatin1String("\\t"));
}

}  // namespace

ChatInspector::ChatInspector(Engine& engine, ChatController& chats, LibraryController& library, QSettings& store,
                             QObject* parent)
    : QObject(parent),
      chats_(chats),
      library_(library),
      store_(store),
      presets_(store),
      context_(engine, chats, library),
      overflow_(engine, chats, library) {
  connect(&chats_, &ChatController::settingsChanged, this, &ChatInspector::refresh);
  connect(&chats_, &ChatController::currentChanged, this, &ChatInspector::refresh);
  connect(&chats_, &ChatController::stateChanged, this, [this] {
    if (std::exchange(replying_, chats_.replying()) != chats_.replying()) emit changed();
  });
  connect(&library_, &LibraryController::changed, this, &ChatInspector::refresh);
  connect(&sampling_, &SamplingList::chosen, &chats_, &ChatController::change_settings);
  refresh();
}

void ChatInspector::set_open(bool open) {
  if (open == this->open()) return;
  store_.setValue(QStringLiteral("inspectorOpen"), open);
  emit openChanged();
}

void ChatInspector::refresh() {
  sampling_.set(chats_.settings(), sampling_for(library_.model(), {}), ChatController::longest_reply_tokens);
  emit sizesChanged();  // a list first, then which of it
  emit changed();
}

QString ChatInspector::saved_text() const {
  return chats_.temporary() ? tr("Not saved: this chat is temporary") : tr("Saved in this chat");
}

QString ChatInspector::changed_text() const {
  const int count = sampling_.changed_count();
  if (count == 0) return {};
  return count == 1 ? tr("Changed: 1 setting") : tr("Changed: %1 settings").arg(count);
}

int ChatInspector::preset() const {
  const QStringList names = presets();
  const auto found =
      std::ranges::find_if(names, [&](const QString& name) { return presets_.matches(name, chats_.settings()); });
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

QStringList ChatInspector::stop_texts() const {
  QStringList texts;
  for (const std::string& text : chats_.settings().stop_texts) texts << escaped(text);
  return texts;
}

/// 0 first: as the model is loaded.
std::vector<std::uint64_t> ChatInspector::size_list() const {
  const std::uint64_t trained = library_.model().trained_context_length;
  const std::uint64_t most = library_.loaded() && trained > 0 ? trained : usual_most;
  std::vector<std::uint64_t> sizes = {0};
  for (std::uint64_t size = std::min(least_size, most); size < most; size *= 2) sizes.push_back(size);
  sizes.push_back(most);
  if (const auto chosen = chats_.settings().context_length; chosen && std::ranges::find(sizes, *chosen) == sizes.end())
    sizes.insert(std::ranges::upper_bound(sizes, *chosen), *chosen);
  return sizes;
}

QStringList ChatInspector::sizes() const {
  QStringList texts;
  for (const std::uint64_t size : size_list())
    texts << (size == 0 ? tr("As the model is loaded") : format::tokens(size));
  return texts;
}

int ChatInspector::size() const {
  const std::vector<std::uint64_t> sizes = size_list();
  const auto found = std::ranges::find(sizes, chats_.settings().context_length.value_or(0));
  return static_cast<int>(found - sizes.begin());
}

void ChatInspector::set_size(int index) {
  const std::vector<std::uint64_t> sizes = size_list();
  if (index < 0 || index >= std::ssize(sizes)) return;
  chats::ChatSettings settings = chats_.settings();
  const std::uint64_t size = sizes[static_cast<std::size_t>(index)];
  settings.context_length = size == 0 ? std::nullopt : std::optional(size);
  chats_.change_settings(settings);
}

QString ChatInspector::reload_text() const {
  const auto wanted = chats_.settings().context_length;
  if (!wanted || !library_.loaded() || *wanted == library_.model().context_length) return {};
  const double seconds = library_.model().load_seconds;
  return tr("takes effect after reloading the model (about %1)")
      .arg(format::duration(std::max(1.0, std::ceil(seconds))));
}

void ChatInspector::resetSampling() {
  chats_.change_settings(without_sampling(chats_.settings()));
}

void ChatInspector::resetPrompt() {
  set_system_prompt({});
}

void ChatInspector::savePreset(const QString& name) {
  presets_.save(name, chats_.settings());
  emit presetsChanged();
  emit changed();
}

void ChatInspector::usePreset(int index) {
  const QStringList names = presets();
  if (index >= 0 && index < names.size()) chats_.change_settings(presets_.applied(names[index], chats_.settings()));
}

void ChatInspector::deletePreset(int index) {
  const QStringList names = presets();
  if (index < 0 || index >= names.size()) return;
  presets_.remove(names[index]);
  emit presetsChanged();
  emit changed();
}

void ChatInspector::addStopText(const QString& text) {
  if (text.isEmpty()) return;
  chats::ChatSettings settings = chats_.settings();
  const std::string added = unescaped(text);
  if (std::ranges::find(settings.stop_texts, added) != settings.stop_texts.end()) return;
  settings.stop_texts.push_back(added);
  chats_.change_settings(settings);
}

void ChatInspector::removeStopText(int index) {
  chats::ChatSettings settings = chats_.settings();
  if (index < 0 || index >= std::ssize(settings.stop_texts)) return;
  settings.stop_texts.erase(settings.stop_texts.begin() + index);
  chats_.change_settings(settings);
}

void ChatInspector::reload() {
  const auto wanted = chats_.settings().context_length;
  if (!wanted || !can_reload()) return;
  const QString path = library_.pathOf(library_.model_id());
  SavedLoad load = library_.load_store().read(path);
  load.context_length = *wanted;
  library_.load_store().write(path, load);
  library_.loadWith(path, Admission::refuse);
}

}  // namespace etna::gui
