#include "gui/models/load_settings.h"

#include <QDir>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t shortest_context = 512;
constexpr int places_per_doubling = 32;  // round numbers at every length
constexpr std::uint64_t usual_context = 8192;

struct KeepChoice {
  SavedLoad::Keep keep;
  int minutes;
};

constexpr std::array keep_list = {KeepChoice{SavedLoad::Keep::app_default, 0},
                                  KeepChoice{SavedLoad::Keep::until_unloaded, 0},
                                  KeepChoice{SavedLoad::Keep::minutes, 5}, KeepChoice{SavedLoad::Keep::minutes, 15},
                                  KeepChoice{SavedLoad::Keep::minutes, 60}};
constexpr std::array precisions = {0, 8, 4};
const QString question_key = QStringLiteral("load sheet");

}  // namespace

LoadSettings::LoadSettings(LibraryController& library, Estimator& estimator, QObject* parent)
    : QObject(parent), library_(library), estimator_(estimator) {}

QString LoadSettings::name() const {
  return path_.isEmpty() ? tr("Etna Starter") : model_name_of(path_);
}

void LoadSettings::open(const QString& path) {
  path_ = path;
  load_ = library_.load_store().read(path);
  estimate_.reset();
  unreadable_ = false;
  asking_ = false;
  is_open_ = true;
  bars_.set({});
  emit opened();
  emit changed();
  emit estimated();
  emit askingChanged();
  ask();
}

void LoadSettings::openCurrent() {
  open(library_.path());
}

void LoadSettings::close() {
  is_open_ = false;
  estimator_.forget(question_key);
}

std::uint64_t LoadSettings::trained() const {
  const std::uint64_t tokens = estimate_ ? estimate_->trained_context_length : usual_context;
  return std::max(tokens, 2 * shortest_context);
}

std::uint64_t LoadSettings::context_length() const {
  if (load_.context_length > 0) return load_.context_length;
  return estimate_ && estimate_->context_length > 0 ? estimate_->context_length : std::min(trained(), usual_context);
}

void LoadSettings::set_context_length(quint64 tokens) {
  SavedLoad load = load_;
  load.context_length = std::clamp<std::uint64_t>(tokens, std::min(shortest_context, trained()), trained());
  change(load);
}

QString LoadSettings::context_text() const {
  return QLocale().toString(qulonglong{context_length()});
}

void LoadSettings::setContextText(const QString& text) {
  bool is_number = false;
  const qulonglong tokens = QLocale().toULongLong(text.trimmed(), &is_number);
  if (is_number) {
    set_context_length(tokens);
  } else {
    emit changed();  // the field shows what holds
  }
}

double LoadSettings::position_of(std::uint64_t tokens) const {
  const auto logarithm = [](std::uint64_t value) {
    return std::log2(static_cast<double>(std::max<std::uint64_t>(value, 1)));
  };
  const double from = logarithm(shortest_context);
  return std::clamp((logarithm(tokens) - from) / (logarithm(trained()) - from), 0.0, 1.0);
}

double LoadSettings::context_position() const {
  return position_of(context_length());
}

double LoadSettings::doublings() const {
  return std::log2(static_cast<double>(trained()) / static_cast<double>(shortest_context));
}

double LoadSettings::context_step() const {
  return 2 / (places_per_doubling * doublings());
}

void LoadSettings::set_context_position(double position) {
  if (!std::isfinite(position)) return;
  if (position >= 1) return set_context_length(trained());
  const double tokens = static_cast<double>(shortest_context) * std::exp2(std::max(position, 0.0) * doublings());
  const double step = std::exp2(std::floor(std::log2(tokens))) / places_per_doubling;
  set_context_length(static_cast<quint64>(std::llround(std::round(tokens / step) * step)));
}

QList<double> LoadSettings::context_marks() const {
  QList<double> marks;
  for (std::uint64_t tokens = shortest_context; tokens <= trained(); tokens *= 2) marks << position_of(tokens);
  return marks;
}

double LoadSettings::longest_position() const {
  return estimate_ && estimate_->longest_context > 0 ? position_of(estimate_->longest_context) : -1;
}

QString LoadSettings::context_note() const {
  if (!estimate_) return unreadable_ ? QString() : tr("Reading the model's description…");
  if (estimate_->longest_context == 0) return tr("No context fits now.");
  if (estimate_->longest_context >= estimate_->trained_context_length)
    return tr("All %1 that the model knows fit.").arg(format::tokens(estimate_->trained_context_length));
  return tr("Up to %1 fit now; the model knows %2.")
      .arg(format::tokens(estimate_->longest_context), format::tokens(estimate_->trained_context_length));
}

int LoadSettings::precision() const {
  const auto found = std::ranges::find(precisions, load_.kv_bits);
  return found == precisions.end() ? 0 : static_cast<int>(found - precisions.begin());
}

void LoadSettings::set_precision(int choice) {
  SavedLoad load = load_;
  load.kv_bits = precisions.at(static_cast<std::size_t>(std::clamp(choice, 0, 2)));
  change(load);
}

int LoadSettings::layers() const {
  if (load_.layers >= 0) return std::min(load_.layers, all_layers());
  return estimate_ ? estimate_->layers_on_device : 0;
}

void LoadSettings::set_automatic_layers(bool automatic) {
  SavedLoad load = load_;
  load.layers = automatic ? -1 : layers();
  change(load);
}

void LoadSettings::set_layers(int layers) {
  SavedLoad load = load_;
  load.layers = std::clamp(layers, 0, std::max(0, all_layers()));
  change(load);
}

QString LoadSettings::layers_note() const {
  if (!estimate_ || estimate_->layers <= 0) return {};
  const int on_device = std::clamp(estimate_->layers_on_device, 0, estimate_->layers);
  if (on_device == estimate_->layers) return tr("All %1 layers run on the graphics device.").arg(on_device);
  const double slowdown = std::isfinite(estimate_->slowdown) ? std::clamp(estimate_->slowdown, 1.0, 1000.0) : 1.0;
  return tr("%1 of %2 layers; the rest runs on the processor, about %3 times slower.")
      .arg(QString::number(on_device), QString::number(estimate_->layers), QLocale().toString(slowdown, 'f', 1));
}

bool LoadSettings::can_split() const {
  return estimate_ && estimate_->layers > 0 && estimate_->device != "cpu";
}

QStringList LoadSettings::keep_choices() const {
  QStringList choices;
  for (const KeepChoice& choice : keep_list) {
    switch (choice.keep) {
      case SavedLoad::Keep::app_default: choices << tr("As set on the Memory page"); break;
      case SavedLoad::Keep::until_unloaded: choices << tr("Until I unload it"); break;
      case SavedLoad::Keep::minutes:
        choices << tr("%1 without use").arg(format::duration(60.0 * choice.minutes));
        break;
    }
  }
  return choices;
}

int LoadSettings::keep() const {
  int best = 0;
  for (int i = 0; i < static_cast<int>(keep_list.size()); ++i) {
    const KeepChoice& choice = keep_list.at(static_cast<std::size_t>(i));
    const bool short_enough = choice.keep != SavedLoad::Keep::minutes || choice.minutes <= load_.keep_minutes;
    if (choice.keep == load_.keep && (short_enough || best == 0)) best = i;
  }
  return best;
}

void LoadSettings::set_keep(int index) {
  const KeepChoice& choice = keep_list.at(static_cast<std::size_t>(std::clamp<int>(index, 0, keep_list.size() - 1)));
  SavedLoad load = load_;
  load.keep = choice.keep;
  if (choice.minutes > 0) load.keep_minutes = choice.minutes;
  change(load);
}

void LoadSettings::set_device(const QString& id) {
  SavedLoad load = load_;
  load.device = id;
  change(load);
}

QString LoadSettings::adapter_name() const {
  return load_.adapter.isEmpty() ? QString() : model_name_of(load_.adapter);
}

void LoadSettings::chooseAdapter(const QUrl& folder) {
  SavedLoad load = load_;
  load.adapter = QDir::cleanPath(folder.toLocalFile());
  change(load);
}

void LoadSettings::dropAdapter() {
  SavedLoad load = load_;
  load.adapter.clear();
  change(load);
}

QString LoadSettings::sentence() const {
  if (unreadable_) return tr("Etna can't tell what this takes: the model's description could not be read.");
  return estimate_ ? fit_sentence(*estimate_) : QString();
}

QString LoadSettings::measured() const {
  const std::uint64_t peak = library_.load_store().peak(path_);
  return peak == 0 ? QString() : tr("Measured last time: %1").arg(format::memory_bytes(peak));
}

QString LoadSettings::shorter_text() const {
  if (!too_big() || estimate_->longest_context == 0) return {};
  return tr("Use %1 instead").arg(format::tokens(estimate_->longest_context));
}

QString LoadSettings::pack_text() const {
  if (!too_big() || estimate_->suggested_kv_bits == 0) return {};
  return tr("Pack the context to %1 bit (%2 in all)")
      .arg(estimate_->suggested_kv_bits)
      .arg(format::memory_bytes(estimate_->suggested_kv_total));
}

QStringList LoadSettings::unload_texts() const {
  QStringList texts;
  if (!too_big()) return texts;
  for (const LoadEstimate::Room& room : estimate_->unloading)
    texts << tr("Unload %1 (frees %2)").arg(QString::fromStdString(room.name), format::memory_bytes(room.frees_bytes));
  return texts;
}

void LoadSettings::useShorter() {
  if (estimate_ && estimate_->longest_context > 0) set_context_length(estimate_->longest_context);
}

void LoadSettings::pack() {
  if (!estimate_ || estimate_->suggested_kv_bits == 0) return;
  SavedLoad load = load_;
  load.kv_bits = estimate_->suggested_kv_bits;
  change(load);
}

void LoadSettings::unloadRoom(int index) {
  if (!estimate_ || index < 0 || static_cast<std::size_t>(index) >= estimate_->unloading.size()) return;
  library_.unload(estimate_->unloading.at(static_cast<std::size_t>(index)).model);
}

void LoadSettings::askAnyway() {
  asking_ = true;
  emit askingChanged();
}

void LoadSettings::dontLoadAnyway() {
  asking_ = false;
  emit askingChanged();
}

void LoadSettings::load() {
  start(Admission::refuse);
}

void LoadSettings::loadAnyway() {
  start(Admission::force);
}

void LoadSettings::reset() {
  change({});
}

void LoadSettings::start(Admission admission) {
  is_open_ = false;
  library_.load_store().write(path_, load_);
  library_.loadWith(path_, admission);
  emit started();
}

void LoadSettings::change(const SavedLoad& load) {
  if (load == load_) return;
  load_ = load;
  dontLoadAnyway();
  emit changed();
  ask();
}

void LoadSettings::estimate_again() {
  if (is_open_) ask();
}

void LoadSettings::ask() {
  LoadRequest request = request_for(path_, load_, library_.app_device());
  // The same model loaded once more takes the place of itself.
  request.replaces = library_.loaded_id(path_);
  estimator_.ask(question_key, std::move(request), [this](const auto& estimate) { take(estimate); });
}

void LoadSettings::take(const std::optional<LoadEstimate>& estimate) {
  estimate_ = estimate;
  unreadable_ = !estimate;
  bars_.set(estimate ? estimate_bars(*estimate, tr("System memory")) : QVector<Bar>());
  emit estimated();
  emit changed();  // what was left to the engine is known now
}

}  // namespace etna::gui
