#include "gui/hub/discover_controller.h"

#include <QLocale>
#include <array>

namespace etna::gui {
namespace {

constexpr int debounce_ms = 250;
constexpr int page_size = 50;
const QString search_key = QStringLiteral("search");
const QString kept_key = QStringLiteral("kept results");

struct SizeChoice {
  std::uint64_t min, max;
};

constexpr std::array size_choices = {SizeChoice{0, 0}, SizeChoice{0, 4'500'000'000},
                                     SizeChoice{4'500'000'000, 10'000'000'000},
                                     SizeChoice{10'000'000'000, 35'000'000'000}, SizeChoice{35'000'000'000, 0}};

struct AbilityChoice {
  const char* task;
  const char* tag;
};

constexpr std::array ability_choices = {
    AbilityChoice{"text-generation", ""},          AbilityChoice{"text-generation", "conversational"},
    AbilityChoice{"image-text-to-text", ""},       AbilityChoice{"text-generation", "tool-use"},
    AbilityChoice{"text-generation", "reasoning"}, AbilityChoice{"text-generation", "code"},
    AbilityChoice{"feature-extraction", ""}};

constexpr std::array format_tags = {"", "mlx", "gguf", "safetensors"};
constexpr std::array license_ids = {"", "apache-2.0", "mit", "llama3.1", "gemma"};
constexpr std::array sort_orders = {hub::Sort::trending, hub::Sort::downloads, hub::Sort::newest, hub::Sort::likes};

template <class Array>
auto chosen(const Array& choices, int index) {
  return choices[static_cast<std::size_t>(index)];
}

}  // namespace

DiscoverController::DiscoverController(HubService& service, Engine& engine, Background& network, Background& disk,
                                       QObject* parent)
    : QObject(parent), service_(service), engine_(engine), network_(network), disk_(disk) {
  pause_.setSingleShot(true);
  pause_.setInterval(debounce_ms);
  second_.setInterval(1000);
  connect(&pause_, &QTimer::timeout, this, &DiscoverController::search);
  connect(&second_, &QTimer::timeout, this, &DiscoverController::tick);
  apply_filter();
}

QStringList DiscoverController::sizes() const {
  return {tr("Any size"), tr("Up to 4B"), tr("4B to 10B"), tr("10B to 35B"), tr("Over 35B")};
}

QStringList DiscoverController::abilities() const {
  return {tr("Can write"), tr("Chat"), tr("Vision"), tr("Tools"), tr("Reasoning"), tr("Code"), tr("Embeddings")};
}

QStringList DiscoverController::formats() const {
  return {tr("Any format"), QStringLiteral("MLX"), QStringLiteral("GGUF"), QStringLiteral("safetensors")};
}

QStringList DiscoverController::licenses() const {
  return {tr("Any licence"), QStringLiteral("Apache 2.0"), QStringLiteral("MIT"), QStringLiteral("Llama 3.1"),
          QStringLiteral("Gemma")};
}

QStringList DiscoverController::sorts() const {
  return {tr("Best for this computer"), tr("Most downloaded"), tr("Newest"), tr("Most liked")};
}

void DiscoverController::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  emit queryChanged();
  pause_.start();
}

void DiscoverController::set_only_fitting(bool only) {
  if (only == only_fitting_) return;
  only_fitting_ = only;
  apply_filter();
  emit queryChanged();
  if (state_ == Filled || state_ == Empty) set_state(results_.count() > 0 || has_more() ? Filled : Empty);
}

void DiscoverController::choose(int& place, int index) {
  if (index == place || index < 0) return;
  place = index;
  apply_filter();
  emit queryChanged();
  if (state_ != Idle) pause_.start();
}

void DiscoverController::set_sort(int index) {
  if (index < static_cast<int>(sort_orders.size())) choose(sort_, index);
}

void DiscoverController::clearFilters() {
  size_ = ability_ = format_ = license_ = 0;
  only_fitting_ = false;
  apply_filter();
  emit queryChanged();
  search();
}

void DiscoverController::apply_filter() {
  results_.set_filter(only_fitting_, sort_ == 0);
}

hub::SearchQuery DiscoverController::query() const {
  hub::SearchQuery query;
  query.text = text_.trimmed().toStdString();
  const AbilityChoice ability = chosen(ability_choices, ability_);
  query.task = ability.task;
  for (const char* tag : {ability.tag, chosen(format_tags, format_)})
    if (*tag != '\0') query.filters.emplace_back(tag);
  query.license = chosen(license_ids, license_);
  query.min_parameters = chosen(size_choices, size_).min;
  query.max_parameters = chosen(size_choices, size_).max;
  query.sort = chosen(sort_orders, sort_);
  query.limit = page_size;
  return query;
}

void DiscoverController::search() {
  pause_.stop();
  second_.stop();
  if (const auto model = service_.pasted(text_.trimmed().toStdString()); model && text_.contains(u'/'))
    emit pasted(QString::fromStdString(model->id), QString::fromStdString(model->revision),
                QString::fromStdString(model->file));
  loading_more_ = false;
  if (offline_) return stay_offline();
  cursor_.clear();
  set_state(Loading);
  start({});
}

void DiscoverController::set_offline(bool offline) {
  if (offline == offline_) return;
  offline_ = offline;
  if (offline) return stay_offline();
  if (state_ != Offline) return;
  // What was kept from another day is no answer to anything now; nobody is asked before somebody searches.
  if (kept_date_.isValid()) results_.replace({});
  kept_date_ = {};
  trouble_ = {};
  set_state(results_.models().empty() ? Idle : Filled);
}

void DiscoverController::stay_offline() {
  for (QTimer* timer : {&pause_, &second_}) timer->stop();
  network_.cancel(search_key);
  loading_more_ = false;
  trouble_ = {};
  trouble_.kind = Trouble::Kind::offline;
  trouble_.code = QStringLiteral("E-NET-01");
  trouble_.text = tr("Etna connects to nobody. Your models and chats work as ever.");
  trouble_.by_choice = true;
  set_state(Offline);
  if (results_.models().empty()) show_kept();
}

HubWays DiscoverController::ways() const {
  HubWays ways = ways_out(trouble_, signed_in_);
  if (state_ == Offline || state_ == Failed) ways << HubWay::OpenLibrary;
  return ways;
}

void DiscoverController::loadMore() {
  if (state_ != Filled || loading_more_ || cursor_.empty()) return;
  loading_more_ = true;
  emit changed();
  start(cursor_);
}

void DiscoverController::start(const std::string& cursor) {
  network_.run(search_key, [this, query = query(), cursor](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] { return service_.search(query, cursor, stop); });
    const bool signed_in = ask([&] { return service_.access(); }).value.value_or(HubAccess()).signed_in;
    return [this, answer, more = !cursor.empty(), signed_in] { take(answer, more, signed_in); };
  });
}

void DiscoverController::take(const Asked<hub::SearchPage>& answer, bool more, bool signed_in) {
  loading_more_ = false;
  signed_in_ = signed_in;
  if (!answer.value) return take_trouble(answer.trouble);
  trouble_ = {};
  kept_date_ = {};
  cursor_ = answer.value->next;
  results_.set_limit(engine_.memory().limit_bytes);
  if (more) {
    results_.append(answer.value->models);
  } else {
    results_.replace(answer.value->models);
    if (!store_.isEmpty() && !answer.value->models.empty()) {
      disk_.run(kept_key, [file = store_, models = answer.value->models](const std::stop_token&) {
        keep_results(file, {QDate::currentDate(), models});
        return Background::Answer();
      });
    }
  }
  set_state(results_.count() > 0 || has_more() ? Filled : Empty);
}

void DiscoverController::take_trouble(const Trouble& trouble) {
  if (!trouble.is_set()) return;
  trouble_ = trouble;
  // What is on the screen stays there: it is still true.
  if (trouble.kind == Trouble::Kind::wait) {
    wait(std::max(1, trouble.wait_seconds));
    return set_state(Waiting);
  }
  if (trouble.kind != Trouble::Kind::offline) return set_state(Failed);
  set_state(Offline);
  if (results_.models().empty()) show_kept();
}

void DiscoverController::show_kept() {
  if (store_.isEmpty()) return;
  disk_.run(kept_key, [this, file = store_](const std::stop_token&) -> Background::Answer {
    const std::optional<KeptResults> kept = kept_results(file);
    if (!kept) return {};
    return [this, kept] {
      if (state_ != Offline) return;
      kept_date_ = kept->date;
      results_.set_limit(engine_.memory().limit_bytes);
      results_.replace(kept->models);
      emit changed();
    };
  });
}

void DiscoverController::wait(int seconds) {
  wait_seconds_ = seconds;
  second_.start();
}

void DiscoverController::tick() {
  --wait_seconds_;
  if (wait_seconds_ <= 0) return search();
  emit changed();
}

QString DiscoverController::title() const {
  switch (state_) {
    case Idle: return tr("Find a model");
    case Empty: return tr("No model matches");
    case Offline: return trouble_.by_choice ? tr("Offline mode is on") : tr("Hugging Face can't be reached");
    case Waiting:
    case Failed: return trouble_.title;
    case Loading:
    case Filled: return {};
  }
  return {};
}

QString DiscoverController::sentence() const {
  switch (state_) {
    case Idle: return tr("Etna contacts Hugging Face when you search, and not before.");
    case Empty:
      return filtered() ? tr("Fewer conditions may find more.")
                        : tr("Other words, or a publisher's name, may find more.");
    case Offline:
      if (kept_date_.isValid())
        return tr("%1 Showing what was loaded on %2.")
            .arg(trouble_.text, QLocale().toString(kept_date_, QStringLiteral("d MMMM")));
      return trouble_.text;
    case Waiting: return tr("Trying again in %1 s.").arg(wait_seconds_);
    case Failed: return trouble_.text;
    case Loading:
    case Filled: return {};
  }
  return {};
}

void DiscoverController::set_state(State state) {
  state_ = state;
  emit changed();
}

}  // namespace etna::gui
