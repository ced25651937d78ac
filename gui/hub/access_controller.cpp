#include "gui/hub/access_controller.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/error.h"
#include "gui/text/format.h"
#include "hub/connection_settings.h"

namespace etna::gui {
namespace {

const QString token_key = QStringLiteral("token");
const QString endpoint_key = QStringLiteral("address of the hub");

constexpr std::array speeds = {0ull,          1'000'000ull,  2'000'000ull, 5'000'000ull,
                               10'000'000ull, 20'000'000ull, 50'000'000ull};
constexpr int most_files_at_once = 4;

QString sentence_of(const Trouble& trouble) {
  if (trouble.title.isEmpty()) return trouble.text;
  return AccessController::tr("%1. %2").arg(trouble.title, trouble.text);
}

/// What a check of hub/connection_settings.h says; empty: nothing.
template <class Check>
QString refusal(Check check) {
  try {
    check();
    return {};
  } catch (const Error& error) {
    return QString::fromStdString(error.what());
  }
}

QString locked_by(const std::string& variable) {
  if (variable.empty()) return {};
  return AccessController::tr("The environment variable %1 decides this.").arg(QString::fromStdString(variable));
}

QString role_text(const std::string& role) {
  if (role == "read") return AccessController::tr("it may read");
  if (role == "write") return AccessController::tr("it may read and write");
  if (role == "fineGrained") return AccessController::tr("with rights of its own");
  return QString::fromStdString(role);
}

}  // namespace

AccessController::AccessController(HubService& service, Background& network, QSettings& store, QObject* parent)
    : QObject(parent), service_(service), network_(network), store_(store) {
  load();
  service_.configure(choices_);
}

AccessController::~AccessController() {
  changes_.stop();
}

void AccessController::load() {
  const auto text = [this](const char* key) { return store_.value(QLatin1String(key)).toString().toStdString(); };
  // The file may have been edited: what would not be taken from a person is not taken from it.
  const auto checked = [&](const char* key, auto check) {
    std::string value = text(key);
    return value.empty() || !refusal([&] { value = check(value); }).isEmpty() ? std::string() : value;
  };
  choices_.endpoint = checked("hub/endpoint", hub::checked_endpoint);
  choices_.token_endpoint = checked("hub/tokenEndpoint", hub::checked_endpoint);
  choices_.proxy_address = checked("hub/proxyAddress", hub::checked_proxy);
  choices_.proxy_user = text("hub/proxyUser");
  choices_.no_proxy = text("hub/noProxy");
  choices_.ca_file = text("hub/caFile");
  choices_.offline = store_.value(QStringLiteral("hub/offline"), false).toBool();
  choices_.cache = text("hub/cacheFolder");
  const int files = store_.value(QStringLiteral("hub/filesAtOnce"), HubChoices().files_at_once).toInt();
  choices_.files_at_once = std::clamp(files, 1, most_files_at_once);
  choices_.speed_limit = store_.value(QStringLiteral("hub/speedLimit"), 0).toULongLong();
  proxy_ = static_cast<Proxy>(std::clamp(store_.value(QStringLiteral("hub/proxy"), 0).toInt(), 0, int{ManualProxy}));
  choose_proxy();
}

/// A manual proxy without an address is none yet: the system's stays until there is one.
void AccessController::choose_proxy() {
  using enum hub::NetworkSettings::Proxy;
  choices_.proxy = proxy_ == NoProxy ? none : proxy_ == ManualProxy && !proxy_address().isEmpty() ? manual : system;
}

void AccessController::keep() {
  const auto set = [this](const char* key, const QVariant& value, const QVariant& usual) {
    if (value == usual) {
      store_.remove(QLatin1String(key));
    } else {
      store_.setValue(QLatin1String(key), value);
    }
  };
  const auto text = [&](const char* key, const std::string& value) {
    set(key, QString::fromStdString(value), QString());
  };
  text("hub/endpoint", choices_.endpoint);
  text("hub/tokenEndpoint", choices_.token_endpoint);
  text("hub/proxyAddress", choices_.proxy_address);
  text("hub/proxyUser", choices_.proxy_user);
  text("hub/noProxy", choices_.no_proxy);
  text("hub/caFile", choices_.ca_file);
  text("hub/cacheFolder", choices_.cache);
  set("hub/offline", choices_.offline, false);
  set("hub/filesAtOnce", choices_.files_at_once, HubChoices().files_at_once);
  set("hub/speedLimit", qulonglong(choices_.speed_limit), qulonglong(0));
  set("hub/proxy", static_cast<int>(proxy_), static_cast<int>(SystemProxy));
}

void AccessController::work(std::function<void()> change, QString* problem) {
  ++pending_;
  if (problem) problem->clear();
  emit changed();
  changes_.run(QString::number(++serial_), [this, change = std::move(change), problem](const std::stop_token&) {
    const auto made = ask([&] {
      change();
      return true;
    });
    const auto access = ask([this] { return service_.access(); });
    const hub::Space space = ask([this] { return service_.space(); }).value.value_or(hub::Space());
    return [this, made, access, space, problem] {
      --pending_;
      if (problem && !made.value) *problem = sentence_of(made.trouble);
      if (access.value) take(*access.value, space);
      emit changed();
      if (std::exchange(announce_, false)) emit signedInAs(QString::fromStdString(account_.name));
      emit applied();
    };
  });
}

void AccessController::apply() {
  keep();
  choose_proxy();
  work([this, choices = choices_] { service_.configure(choices); }, nullptr);
}

void AccessController::refresh() {
  if (!choices_.ca_file.empty() && certificates_ == 0) look_at_ca_file(choices_.ca_file, false);
  work([] {}, nullptr);
}

void AccessController::take(const HubAccess& access, const hub::Space& space) {
  if (!access.signed_in) account_ = {};
  access_ = access;
  space_ = space;
  known_ = true;
}

QString AccessController::summary() const {
  if (!known_) return {};
  QStringList parts = {host()};
  if (offline()) {
    parts << tr("offline: Etna connects to nobody");
  } else if (signed_in() && !endpoint_gets_token()) {
    parts << tr("the token is not sent there");
  } else {
    parts << (!signed_in()            ? tr("no token")
              : account_.name.empty() ? tr("with a token")
                                      : tr("signed in as %1").arg(QString::fromStdString(account_.name)));
  }
  return parts.join(QStringLiteral(" · "));
}

QString AccessController::token_text() const {
  if (!known_) return tr("Looking…");
  if (!access_.token_problem.empty() && !signed_in()) return tr("The token can't be read");
  if (!signed_in()) return tr("Not signed in");
  if (account_.name.empty()) return tr("There is a token");
  return tr("Signed in as %1").arg(QString::fromStdString(account_.name));
}

QString AccessController::token_note() const {
  if (!known_) return {};
  if (!signed_in() && !access_.token_problem.empty()) return QString::fromStdString(access_.token_problem);
  const QString place = QString::fromStdString(signed_in() ? access_.token_place : access_.secret_place);
  if (!signed_in())
    return tr("Gated models need a token, and it raises the limit of requests. It would be kept in %1.").arg(place);
  QStringList sentences;
  if (!account_.name.empty())
    sentences << (account_.token_name.empty()
                      ? tr("The token: %1.").arg(role_text(account_.token_role))
                      : tr("Token “%1”: %2.")
                            .arg(QString::fromStdString(account_.token_name), role_text(account_.token_role)));
  switch (access_.token_origin) {
    case hub::TokenOrigin::environment: break;  // the lock says it
    case hub::TokenOrigin::file: sentences << tr("It is in %1, where other programs find it, too.").arg(place); break;
    case hub::TokenOrigin::store: sentences << tr("It is kept in %1.").arg(place); break;
  }
  if (!endpoint_gets_token()) sentences << tr("It is not sent to %1.").arg(host());
  return sentences.join(u' ');
}

QString AccessController::token_locked() const {
  const bool from_environment = signed_in() && access_.token_origin == hub::TokenOrigin::environment;
  return from_environment ? locked_by(access_.variables.token) : QString();
}

void AccessController::signIn(const QString& token) {
  token_problem_ = refusal([&] { hub::clean_token(token.toStdString()); });
  if (!token_problem_.isEmpty() || !token_locked().isEmpty()) return emit changed();
  checking_token_ = true;
  emit changed();
  network_.run(token_key, [this, token = token.toStdString()](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] { return service_.sign_in(token, stop); });
    return [this, answer] { take_account(answer); };
  });
}

void AccessController::checkToken() {
  token_problem_.clear();
  checking_token_ = true;
  emit changed();
  network_.run(token_key, [this](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] { return service_.who_am_i(stop); });
    return [this, answer] { take_account(answer); };
  });
}

void AccessController::take_account(const Asked<hub::Account>& answer) {
  checking_token_ = false;
  if (!answer.value) {
    token_problem_ = sentence_of(answer.trouble);
    return emit changed();
  }
  account_ = *answer.value;
  announce_ = true;
  work([] {}, nullptr);
}

void AccessController::signOut() {
  account_ = {};
  work([this] { service_.sign_out(); }, &token_problem_);
}

QString AccessController::endpoint_locked() const {
  return locked_by(access_.variables.endpoint);
}

bool AccessController::useEndpoint(const QString& address) {
  std::string checked;
  endpoint_answer_.clear();
  if (!address.trimmed().isEmpty()) {
    endpoint_problem_ = refusal([&] { checked = hub::checked_endpoint(address.toStdString()); });
    if (!endpoint_problem_.isEmpty()) {
      emit changed();
      return false;
    }
  }
  endpoint_problem_.clear();
  choices_.endpoint = checked == hub::NetworkSettings().endpoint ? std::string() : checked;
  apply();
  return true;
}

void AccessController::tryEndpoint(const QString& address) {
  std::string checked;
  endpoint_answer_.clear();
  endpoint_problem_ = refusal([&] { checked = hub::checked_endpoint(address.toStdString()); });
  trying_endpoint_ = endpoint_problem_.isEmpty();
  emit changed();
  if (!trying_endpoint_) return;
  network_.run(endpoint_key, [this, checked](const std::stop_token& stop) -> Background::Answer {
    const auto answer = ask([&] {
      service_.try_endpoint(checked, stop);
      return true;
    });
    return [this, answer, checked] {
      trying_endpoint_ = false;
      if (answer.value) {
        endpoint_answer_ = tr("A model hub answers at %1.").arg(QString::fromStdString(checked));
      } else {
        endpoint_problem_ = sentence_of(answer.trouble);
      }
      emit changed();
    };
  });
}

void AccessController::set_endpoint_gets_token(bool gets) {
  choices_.token_endpoint = gets ? access_.endpoint : std::string();
  apply();
}

QString AccessController::proxy_locked() const {
  return locked_by(access_.variables.proxy);
}

void AccessController::set_proxy(Proxy proxy) {
  if (proxy == proxy_) return;
  proxy_ = proxy;
  proxy_problem_.clear();
  apply();
}

QString AccessController::proxy_note() const {
  if (!proxy_locked().isEmpty()) return {};
  switch (proxy_) {
    case SystemProxy: return tr("The desktop's setting, if it has one.");
    case NoProxy: return tr("Etna connects directly.");
    case ManualProxy: return {};
  }
  return {};
}

bool AccessController::useProxy(const QString& address, const QString& user, const QString& no_proxy) {
  std::string checked;
  proxy_problem_ = refusal([&] { checked = hub::checked_proxy(address.toStdString()); });
  if (!proxy_problem_.isEmpty()) {
    emit changed();
    return false;
  }
  choices_.proxy_address = checked;
  choices_.proxy_user = user.trimmed().toStdString();
  choices_.no_proxy = no_proxy.simplified().remove(u' ').toStdString();
  apply();
  return true;
}

void AccessController::setProxyPassword(const QString& password) {
  work([this, password = password.toStdString()] { service_.set_proxy_password(password); }, &proxy_problem_);
}

QString AccessController::ca_text() const {
  QString text = tr("For networks that check what passes. The system's certificates hold as ever.");
  if (has_ca_file()) text = QString::fromStdString(choices_.ca_file);
  if (has_ca_file() && certificates_ > 0)
    text += QStringLiteral(" · ") + tr("%n certificate(s)", nullptr, static_cast<int>(certificates_));
  if (!access_.variables.ca_file.empty())
    text += u'\n' + tr("%1 adds some, too.").arg(QString::fromStdString(access_.variables.ca_file));
  return text;
}

void AccessController::useCaFile(const QUrl& file) {
  look_at_ca_file(QDir::cleanPath(file.toLocalFile()).toStdString(), true);
}

void AccessController::look_at_ca_file(const std::string& file, bool take) {
  ca_problem_.clear();
  changes_.run(QStringLiteral("certificates"), [this, file, take](const std::stop_token&) -> Background::Answer {
    std::size_t count = 0;
    const QString problem = refusal([&] { count = hub::count_certificates(file); });
    return [this, file, take, count, problem] {
      ca_problem_ = problem;
      if (problem.isEmpty()) certificates_ = count;
      if (problem.isEmpty() && take) {
        choices_.ca_file = file;
        return apply();
      }
      emit changed();
    };
  });
}

void AccessController::forgetCaFile() {
  choices_.ca_file.clear();
  certificates_ = 0;
  ca_problem_.clear();
  apply();
}

void AccessController::set_offline(bool offline) {
  if (offline == choices_.offline) return;
  choices_.offline = offline;
  apply();
}

QString AccessController::offline_locked() const {
  return locked_by(access_.variables.offline);
}

QString AccessController::cache_note() const {
  if (space_.total == 0) return {};
  return tr("%1 free of %2").arg(format::disk_bytes(space_.available), format::disk_bytes(space_.total));
}

QString AccessController::cache_locked() const {
  const QString variable = locked_by(access_.variables.cache);
  if (!variable.isEmpty()) return variable;
  if (unfinished_downloads_ == 0) return {};
  return tr("Can be changed when no download is unfinished (%n now).", nullptr, unfinished_downloads_);
}

void AccessController::set_unfinished_downloads(int count) {
  if (count == unfinished_downloads_) return;
  unfinished_downloads_ = count;
  emit changed();
}

void AccessController::useCacheFolder(const QUrl& folder) {
  const QString path = QDir::cleanPath(folder.toLocalFile());
  const QFileInfo info(path);
  cache_problem_ = !info.isDir()        ? tr("“%1” is no folder.").arg(path)
                   : !info.isWritable() ? tr("“%1” can't be written.").arg(path)
                                        : QString();
  if (!cache_problem_.isEmpty() || !cache_locked().isEmpty()) return emit changed();
  choices_.cache = path.toStdString();
  apply();
}

void AccessController::useUsualCacheFolder() {
  if (!cache_locked().isEmpty()) return;
  choices_.cache.clear();
  cache_problem_.clear();
  apply();
}

void AccessController::set_files_at_once(int files) {
  files = std::clamp(files, 1, most_files_at_once);
  if (files == choices_.files_at_once) return;
  choices_.files_at_once = files;
  apply();
}

QStringList AccessController::speed_limits() const {
  QStringList texts;
  for (const std::uint64_t speed : speeds)
    texts << (speed == 0 ? tr("No limit") : tr("%1/s", "bytes per second").arg(format::disk_bytes(speed)));
  return texts;
}

int AccessController::speed_limit() const {
  const auto found = std::ranges::find(speeds, choices_.speed_limit);
  return found == speeds.end() ? 0 : static_cast<int>(found - speeds.begin());
}

void AccessController::set_speed_limit(int index) {
  if (index < 0 || index >= static_cast<int>(speeds.size()) || index == speed_limit()) return;
  choices_.speed_limit = speeds[static_cast<std::size_t>(index)];
  apply();
}

}  // namespace etna::gui
