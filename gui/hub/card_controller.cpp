#include "gui/hub/card_controller.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/error.h"
#include "gui/hub/readme_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t shortest_context = 2048;
constexpr std::uint64_t usual_context = 8192;
constexpr int watch_ms = 10'000;
constexpr int most_looks = 30;
const QString access_key = QStringLiteral("access to the card's model");
const QString card_key = QStringLiteral("card");
const QString readme_key = QStringLiteral("readme");
const QString header_key = QStringLiteral("headers");
const QString estimate_key = QStringLiteral("estimates");

QString license_name(const std::string& id) {
  if (id == "apache-2.0") return QStringLiteral("Apache 2.0");
  if (id == "mit") return QStringLiteral("MIT");
  return QString::fromStdString(id);
}

}  // namespace

CardController::CardController(HubService& service, Engine& engine, Background& network, Background& compute,
                               DownloadsController& downloads, QObject* parent)
    : QObject(parent), service_(service), engine_(engine), network_(network), compute_(compute), downloads_(downloads) {
  watch_.setInterval(watch_ms);
  connect(&watch_, &QTimer::timeout, this, &CardController::look_for_access);
  connect(&downloads_, &DownloadsController::changed, this, &CardController::actionChanged);
  connect(&downloads_, &DownloadsController::finished, this, [this](const hub::DownloadStatus& status) {
    for (int row = 0; row < versions_.count(); ++row) {
      if (status.request.repository != id_.toStdString()) continue;
      const std::vector<std::string>& wanted = versions_.version(row).weight_files;
      const auto has = [&](const std::string& file) {
        return std::ranges::find(status.request.files, file) != status.request.files.end();
      };
      if (std::ranges::all_of(wanted, has)) versions_.set_present(row, loadable_path(status).toStdString());
    }
    emit actionChanged();
  });
}

void CardController::open(const QString& repository, const QString& revision, const QString& file) {
  if (repository == id_ && revision == revision_ && file == wanted_file_ && (state_ == Loading || state_ == Filled))
    return;
  close();
  id_ = repository;
  revision_ = revision;
  wanted_file_ = file;
  state_ = Loading;
  emit changed();
  emit actionChanged();
  network_.run(
      card_key,
      [this, id = id_.toStdString(), at = revision_.toStdString()](const std::stop_token& stop) -> Background::Answer {
        const auto answer = ask([&] { return service_.card(id, at, stop); });
        return [this, answer] { take(answer); };
      });
}

void CardController::close() {
  for (const QString& key : {card_key, readme_key, header_key, access_key}) network_.cancel(key);
  watch_.stop();
  compute_.cancel(estimate_key);
  state_ = Closed;
  id_.clear();
  card_.reset();
  trouble_ = description_trouble_ = {};
  selected_ = -1;
  chosen_ = false;
  trained_ = 0;
  position_ = -1;
  descriptions_.clear();
  judgements_.clear();
  versions_.replace({}, {});
  readme_.set_markdown({});
  has_readme_ = false;
  emit changed();
  emit actionChanged();
  emit contextChanged();
  emit readmeChanged();
}

void CardController::again() {
  const QString id = id_, revision = revision_, file = wanted_file_;
  close();
  open(id, revision, file);
}

void CardController::take(const Asked<HubCard>& answer) {
  if (!answer.value) {
    if (answer.trouble.kind == Trouble::Kind::stopped) return;
    trouble_ = answer.trouble;
    state_ = Failed;
    return emit changed();
  }
  card_ = answer.value;
  state_ = Filled;
  versions_.replace(card_->versions.versions, card_->present);
  selected_ = likely_row();
  emit changed();
  emit actionChanged();
  read_readme();
  if (selected_ >= 0) describe(selected_);
}

/// Before anything is read: the pasted file, else the largest that leaves a third of the memory free.
int CardController::likely_row() const {
  const std::string wanted = wanted_file_.toStdString();
  int best = versions_.count() > 0 ? 0 : -1;
  const std::uint64_t limit = engine_.memory().limit_bytes;
  for (int row = 0; row < versions_.count(); ++row) {
    const hub::ModelVersion& version = versions_.version(row);
    const auto names = [&](const std::string& file) { return file == wanted; };
    if (!wanted.empty() && (version.key == wanted || std::ranges::any_of(version.weight_files, names))) return row;
    if (version.bits <= 8.6 && version.weight_bytes + (version.weight_bytes >> 2) <= limit / 10 * 7) best = row;
  }
  return best;
}

void CardController::read_readme() {
  network_.run(readme_key, [this, card = *card_](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] { return service_.readme(card, stop); });
    const QString text = readme_text(QString::fromStdString(answer.value.value_or(std::string())));
    return [this, text] {
      readme_.set_markdown(text);
      has_readme_ = !text.isEmpty();
      emit readmeChanged();
    };
  });
}

void CardController::select(int row) {
  if (row < 0 || row >= versions_.count()) return;
  chosen_ = true;
  selected_ = row;
  if (!descriptions_.contains(row)) describe(row);
  emit actionChanged();
}

void CardController::describe(int row) {
  if (!versions_.version(row).missing_parts.empty()) return;
  network_.run(
      header_key,
      [this, row, card = *card_, version = versions_.version(row)](const std::stop_token& stop) -> Background::Answer {
        const auto answer = ask([&] { return service_.describe(card, version, stop); });
        return [this, row, answer] { take_description(row, answer); };
      });
  emit actionChanged();
}

void CardController::take_description(int row, const Asked<ModelDescription>& answer) {
  if (!answer.value) {
    if (answer.trouble.kind == Trouble::Kind::stopped) return;
    description_trouble_ = answer.trouble;
    return emit actionChanged();
  }
  description_trouble_ = {};
  descriptions_[row] = *answer.value;
  estimate_all();
}

HubWays CardController::ways() const {
  if (state_ == Failed) return ways_out(trouble_, signed_in_) + HubWays{HubWay::OpenPage};
  if (action() == Access) return ways_out(description_trouble_, signed_in_);
  return {HubWay::OpenPage};
}

void CardController::take_sign_in(bool signed_in) {
  if (std::exchange(signed_in_, signed_in) == signed_in) return;
  if (action() == Access) {
    description_trouble_ = {};
    describe(selected_);
  } else if (state_ == Failed && (trouble_.kind == Trouble::Kind::access || trouble_.kind == Trouble::Kind::gone)) {
    again();
  }
  emit actionChanged();
}

void CardController::watchAccess() {
  // Without a token the answer can only be no.
  if (action() != Access || description_trouble_.must_sign_in) return;
  looks_left_ = most_looks;
  watch_.start();
  emit actionChanged();
}

QString CardController::watch_text() const {
  if (!watch_.isActive()) return {};
  return tr("Etna looks every %1 s whether you were given access.").arg(watch_.interval() / 1000);
}

void CardController::look_for_access() {
  if (action() != Access || --looks_left_ < 0) {
    watch_.stop();
    return emit actionChanged();
  }
  network_.run(access_key, [this, id = id_.toStdString()](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] {
      service_.check_access(id, stop);
      return true;
    });
    return [this, answer] { take_access(answer.trouble); };
  });
}

void CardController::take_access(const Trouble& trouble) {
  if (action() != Access || trouble.kind == Trouble::Kind::stopped) return;
  if (trouble.kind == Trouble::Kind::access) {
    description_trouble_ = trouble;  // how far the request has come, in the hub's newest words
  } else if (!trouble.is_set()) {
    watch_.stop();
    description_trouble_ = {};
    describe(selected_);
  }
  emit actionChanged();
}

std::uint64_t CardController::context_length() const {
  const std::uint64_t longest = std::max(trained_, shortest_context);
  if (position_ < 0) return trained_ > 0 ? std::min(usual_context, longest) : usual_context;
  const double span = std::log2(static_cast<double>(longest) / static_cast<double>(shortest_context));
  const double tokens = static_cast<double>(shortest_context) * std::exp2(span * position_);
  return std::min(longest, static_cast<std::uint64_t>(std::lround(tokens / 256)) * 256);
}

double CardController::context_position() const {
  const std::uint64_t longest = std::max(trained_, shortest_context + 1);
  const double span = std::log2(static_cast<double>(longest) / static_cast<double>(shortest_context));
  const double at = std::log2(static_cast<double>(context_length()) / static_cast<double>(shortest_context));
  return std::clamp(at / span, 0.0, 1.0);
}

void CardController::set_context_position(double position) {
  if (!context_known() || position == position_) return;
  position_ = std::clamp(position, 0.0, 1.0);
  emit contextChanged();
  estimate_all();
}

QString CardController::context_text() const {
  return tr("%1 tokens").arg(QLocale().toString(qulonglong(context_length())));
}

void CardController::estimate_again() {
  if (!descriptions_.isEmpty()) estimate_all();
}

void CardController::estimate_all() {
  LoadRequest request;
  request.context_length = context_length();
  compute_.run(estimate_key,
               [this, descriptions = descriptions_, request](const std::stop_token& stop) -> Background::Answer {
                 QHash<int, Judgement> judgements;
                 for (auto it = descriptions.begin(); it != descriptions.end() && !stop.stop_requested(); ++it) {
                   Judgement judgement;
                   try {
                     judgement.estimate = engine_.estimate(it.value(), request);
                   } catch (const Error& error) {
                     judgement.unsupported = error.code() == Errc::unsupported;
                     judgement.why = QString::fromUtf8(error.what());
                   } catch (const std::exception& error) {
                     judgement.why = QString::fromUtf8(error.what());
                   }
                   judgements[it.key()] = judgement;
                 }
                 return [this, judgements] { take_judgements(judgements); };
               });
}

void CardController::take_judgements(const QHash<int, Judgement>& judgements) {
  judgements_ = judgements;
  const Judgement* known = nullptr;
  int known_row = -1;
  for (auto it = judgements_.constBegin(); it != judgements_.constEnd(); ++it) {
    if (!it->estimate) continue;
    known = &*it;
    known_row = it.key();
    versions_.set_estimate(it.key(), *it->estimate, true);
  }
  if (known) {
    const std::uint64_t weights = versions_.version(known_row).weight_bytes;
    for (int row = 0; row < versions_.count(); ++row)
      if (!judgements_.contains(row))
        versions_.set_estimate(row, sibling_estimate(*known->estimate, weights, versions_.version(row).weight_bytes),
                               false);
    trained_ = known->estimate->trained_context_length;
    const Recommendation best = recommend(versions_.candidates());
    // The recommendation is for the usual context: it does not wander while somebody tries longer ones.
    if (position_ < 0 || versions_.recommended() < 0) versions_.set_recommendation(best);
    const int row = versions_.recommended();
    if (row >= 0 && !chosen_ && wanted_file_.isEmpty() && row != selected_) {
      selected_ = row;
      if (!descriptions_.contains(row)) describe(row);
    }
    if (row >= 0 && judgements_.contains(row) && position_ < 0)
      emit judged(id_, versions_.estimate(row)->fit, versions_.estimate(row)->total());
  }
  emit contextChanged();
  emit actionChanged();
}

const hub::DownloadStatus* CardController::running() const {
  if (selected_ < 0) return nullptr;
  const hub::ModelVersion& version = versions_.version(selected_);
  std::vector<std::string> files = version.other_files;
  files.insert(files.end(), version.weight_files.begin(), version.weight_files.end());
  return downloads_.list()->find(id_.toStdString(), files);
}

CardController::Action CardController::action() const {
  if (state_ != Filled || selected_ < 0) return Nothing;
  if (!use_path().isEmpty()) return Use;
  if (running()) return Busy;
  if (!versions_.version(selected_).missing_parts.empty()) return Incomplete;
  if (description_trouble_.kind == Trouble::Kind::access) return Access;
  const auto judgement = judgements_.constFind(selected_);
  if (judgement != judgements_.constEnd() && !judgement->estimate) return Unsupported;
  if (judgement == judgements_.constEnd() && !description_trouble_.is_set()) return Reading;
  return Download;
}

QString CardController::action_text() const {
  switch (action()) {
    case Use: return tr("Use in new chat");
    case Busy: {
      const double done = progress();
      const hub::DownloadState state = running()->state;
      if (state == hub::DownloadState::paused && done >= 0)
        return tr("Paused at %1 %").arg(static_cast<int>(100 * done));
      if (!hub::is_active(state) || state == hub::DownloadState::out_of_space) return tr("Show the download");
      return done < 0 ? tr("Downloading") : tr("Downloading %1 %").arg(static_cast<int>(100 * done));
    }
    case Nothing: return {};
    default: return tr("Download %1").arg(format::disk_bytes(versions_.version(selected_).download_bytes));
  }
}

QString CardController::blocked() const {
  switch (action()) {
    case Access: return tr("%1. %2").arg(description_trouble_.title, description_trouble_.text);
    case Unsupported: return tr("Not supported: %1").arg(judgements_.value(selected_).why);
    case Incomplete: return tr("The repository is incomplete; its authors may still be uploading it.");
    case Busy: return QString::fromStdString(running()->sentence);
    case Download:
      if (description_trouble_.is_set())
        return tr("Whether it runs here could not be found out: %1").arg(description_trouble_.title);
      return {};
    default: return {};
  }
}

double CardController::progress() const {
  const hub::DownloadStatus* status = running();
  return status ? progress_of(*status) : -1;
}

QString CardController::use_path() const {
  if (selected_ < 0) return {};
  if (const hub::DownloadStatus* status = running(); status && status->state == hub::DownloadState::done)
    return loadable_path(*status);
  return QString::fromStdString(versions_.present(selected_));
}

void CardController::download() {
  if (action() != Download && action() != Reading) return;
  const hub::ModelVersion& version = versions_.version(selected_);
  hub::DownloadRequest request;
  request.repository = id_.toStdString();
  request.revision = revision_.toStdString();
  request.title = (name() + QStringLiteral(" · ")).toStdString() + version.label;
  request.files = version.other_files;
  request.files.insert(request.files.end(), version.weight_files.begin(), version.weight_files.end());
  downloads_.start(std::move(request));
}

QString CardController::name() const {
  return id_.mid(id_.indexOf(u'/') + 1);
}

QString CardController::publisher() const {
  return id_.contains(u'/') ? id_.section(u'/', 0, 0) : QString();
}

QString CardController::link() const {
  return QStringLiteral("https://huggingface.co/") + id_;
}

QString CardController::facts() const {
  if (!card_) return publisher();
  const hub::ModelInfo& info = card_->info;
  QStringList facts = {publisher()};
  if (const std::uint64_t count = info.gguf_parameters > 0 ? info.gguf_parameters : parameter_count(info); count > 0)
    facts << tr("%1 parameters").arg(format::parameters(count));
  if (!info.license.empty()) facts << tr("licence %1").arg(license_name(info.license));
  const std::string architecture = info.gguf_architecture.empty() ? info.model_type : info.gguf_architecture;
  if (!architecture.empty()) facts << QString::fromStdString(architecture);
  facts << tr("%1 downloads").arg(QLocale().toString(qulonglong(info.downloads)));
  if (!info.base_models.empty()) facts << tr("made from %1").arg(QString::fromStdString(info.base_models.front()));
  facts.removeAll(QString());
  return facts.join(QStringLiteral(" · "));
}

QString CardController::gate() const {
  if (!card_ || card_->info.access == hub::Access::open) return {};
  return card_->info.access == hub::Access::automatic
             ? tr("Its authors ask you to accept a licence on Hugging Face first.")
             : tr("Its authors decide who may use it: ask them on Hugging Face first.");
}

QString CardController::title() const {
  if (state_ == Failed) return trouble_.title;
  return state_ == Filled && versions_.count() == 0 ? tr("Nothing here that Etna can use") : QString();
}

QString CardController::sentence() const {
  if (state_ == Failed) return trouble_.text;
  return state_ == Filled && versions_.count() == 0 ? QString::fromStdString(card_->versions.sentence) : QString();
}

QStringList CardController::file_names() const {
  QStringList names;
  if (card_)
    for (const hub::TreeFile& file : card_->tree.files) names << QString::fromStdString(file.path);
  return names;
}

QStringList CardController::file_sizes() const {
  QStringList sizes;
  if (card_)
    for (const hub::TreeFile& file : card_->tree.files) sizes << format::disk_bytes(file.size);
  return sizes;
}

}  // namespace etna::gui
