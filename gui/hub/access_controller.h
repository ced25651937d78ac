#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QSettings>
#include <QStringList>
#include <QUrl>

#include "gui/hub/hub_service.h"
#include "gui/hub/trouble.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// The way to the hub, as Settings shows and changes it: token, address, proxy, certificates, offline mode, folder and
/// speed of downloads. A change holds at once and is kept. What an environment variable decides can't be changed here;
/// `…Locked` says which one it is.
///
/// Secrets go in and never come out again: they are in no property, no settings file, no log.
class AccessController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the access")
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool busy READ busy NOTIFY changed)
  Q_PROPERTY(QString summary READ summary NOTIFY changed)
  // Token
  Q_PROPERTY(bool signedIn READ signed_in NOTIFY changed)
  Q_PROPERTY(QString tokenText READ token_text NOTIFY changed)
  Q_PROPERTY(QString tokenNote READ token_note NOTIFY changed)
  Q_PROPERTY(QString tokenLocked READ token_locked NOTIFY changed)
  Q_PROPERTY(QString tokenProblem READ token_problem NOTIFY changed)
  Q_PROPERTY(bool tokenIsShared READ token_is_shared NOTIFY changed)
  Q_PROPERTY(bool checkingToken READ checking_token NOTIFY changed)
  // Address
  Q_PROPERTY(QString endpoint READ endpoint NOTIFY changed)
  Q_PROPERTY(QString endpointLocked READ endpoint_locked NOTIFY changed)
  Q_PROPERTY(bool isMirror READ is_mirror NOTIFY changed)
  Q_PROPERTY(QString endpointAnswer READ endpoint_answer NOTIFY changed)
  Q_PROPERTY(QString endpointProblem READ endpoint_problem NOTIFY changed)
  Q_PROPERTY(bool tryingEndpoint READ trying_endpoint NOTIFY changed)
  Q_PROPERTY(QString host READ host NOTIFY changed)
  Q_PROPERTY(bool endpointGetsToken READ endpoint_gets_token WRITE set_endpoint_gets_token NOTIFY changed)
  Q_PROPERTY(bool tokenGoesAnyway READ token_goes_anyway NOTIFY changed)
  // Network
  Q_PROPERTY(int proxy READ proxy_index WRITE set_proxy_index NOTIFY changed)
  Q_PROPERTY(QString proxyLocked READ proxy_locked NOTIFY changed)
  Q_PROPERTY(QString proxyAddress READ proxy_address NOTIFY changed)
  Q_PROPERTY(QString proxyUser READ proxy_user NOTIFY changed)
  Q_PROPERTY(QString noProxy READ no_proxy NOTIFY changed)
  Q_PROPERTY(bool hasProxyPassword READ has_proxy_password NOTIFY changed)
  Q_PROPERTY(QString proxyNote READ proxy_note NOTIFY changed)
  Q_PROPERTY(QString proxyProblem READ proxy_problem NOTIFY changed)
  Q_PROPERTY(bool hasCaFile READ has_ca_file NOTIFY changed)
  Q_PROPERTY(QString caText READ ca_text NOTIFY changed)
  Q_PROPERTY(QString caProblem READ ca_problem NOTIFY changed)
  Q_PROPERTY(bool offline READ offline WRITE set_offline NOTIFY changed)
  Q_PROPERTY(QString offlineLocked READ offline_locked NOTIFY changed)
  // Downloads
  Q_PROPERTY(QString cacheFolder READ cache_folder NOTIFY changed)
  Q_PROPERTY(QUrl cacheFolderUrl READ cache_folder_url NOTIFY changed)
  Q_PROPERTY(QString cacheNote READ cache_note NOTIFY changed)
  Q_PROPERTY(QString cacheLocked READ cache_locked NOTIFY changed)
  Q_PROPERTY(QString cacheProblem READ cache_problem NOTIFY changed)
  Q_PROPERTY(bool cacheIsUsual READ cache_is_usual NOTIFY changed)
  Q_PROPERTY(int filesAtOnce READ files_at_once WRITE set_files_at_once NOTIFY changed)
  Q_PROPERTY(QStringList speedLimits READ speed_limits CONSTANT)
  Q_PROPERTY(int speedLimit READ speed_limit WRITE set_speed_limit NOTIFY changed)

public:
  enum Proxy { SystemProxy, NoProxy, ManualProxy };
  Q_ENUM(Proxy)

  /// Hands the kept choices to the service, which asks nobody.
  AccessController(HubService& service, Background& network, QSettings& store, QObject* parent = nullptr);
  ~AccessController() override;

  bool known() const { return known_; }

  bool busy() const { return pending_ > 0; }  ///< a change is not in force yet

  QString summary() const;  ///< "huggingface.co · no token"

  const HubAccess& access() const { return access_; }

  bool signed_in() const { return access_.signed_in; }

  QString token_text() const;    ///< "Signed in as ada"
  QString token_note() const;    ///< where the token is, or where one would be kept
  QString token_locked() const;  ///< why there is nothing to change; empty: there is

  const QString& token_problem() const { return token_problem_; }

  bool token_is_shared() const { return signed_in() && access_.token_origin == hub::TokenOrigin::file; }

  bool checking_token() const { return checking_token_; }

  QString endpoint() const { return QString::fromStdString(access_.endpoint); }

  QString endpoint_locked() const;

  bool is_mirror() const { return !access_.endpoint_is_default; }

  const QString& endpoint_answer() const { return endpoint_answer_; }

  const QString& endpoint_problem() const { return endpoint_problem_; }

  bool trying_endpoint() const { return trying_endpoint_; }

  QString host() const { return QString::fromStdString(access_.host); }

  bool endpoint_gets_token() const { return access_.endpoint_gets_token; }

  void set_endpoint_gets_token(bool gets);

  /// HF_ENDPOINT and HF_TOKEN were set together: there is nothing left to decide.
  bool token_goes_anyway() const { return endpoint_gets_token() && choices_.token_endpoint != access_.endpoint; }

  Proxy proxy() const { return proxy_; }

  void set_proxy(Proxy proxy);

  int proxy_index() const { return proxy_; }  ///< a Proxy: segments on the screen count

  void set_proxy_index(int index) { set_proxy(static_cast<Proxy>(qBound<int>(SystemProxy, index, ManualProxy))); }

  QString proxy_locked() const;

  QString proxy_address() const { return QString::fromStdString(choices_.proxy_address); }

  QString proxy_user() const { return QString::fromStdString(choices_.proxy_user); }

  QString no_proxy() const { return QString::fromStdString(choices_.no_proxy); }

  bool has_proxy_password() const { return access_.has_proxy_password; }

  QString proxy_note() const;

  const QString& proxy_problem() const { return proxy_problem_; }

  bool has_ca_file() const { return !choices_.ca_file.empty(); }

  QString ca_text() const;

  const QString& ca_problem() const { return ca_problem_; }

  bool offline() const { return access_.offline; }

  void set_offline(bool offline);
  QString offline_locked() const;

  QString cache_folder() const { return QString::fromStdString(access_.cache); }

  QUrl cache_folder_url() const { return QUrl::fromLocalFile(cache_folder()); }

  QString cache_note() const;
  QString cache_locked() const;

  const QString& cache_problem() const { return cache_problem_; }

  bool cache_is_usual() const { return choices_.cache.empty(); }

  int files_at_once() const { return choices_.files_at_once; }

  void set_files_at_once(int files);
  QStringList speed_limits() const;
  int speed_limit() const;  ///< index into speedLimits
  void set_speed_limit(int index);

  /// Unfinished downloads would begin anew in another folder.
  void set_unfinished_downloads(int count);

  Q_INVOKABLE void refresh();  ///< asks the service how things are; sends nothing
  Q_INVOKABLE void signIn(const QString& token);
  Q_INVOKABLE void checkToken();
  Q_INVOKABLE void signOut();
  Q_INVOKABLE bool useEndpoint(const QString& address);  ///< empty: huggingface.co; false: it can't be used
  Q_INVOKABLE void tryEndpoint(const QString& address);
  Q_INVOKABLE bool useProxy(const QString& address, const QString& user, const QString& no_proxy);
  Q_INVOKABLE void setProxyPassword(const QString& password);
  Q_INVOKABLE void useCaFile(const QUrl& file);
  Q_INVOKABLE void forgetCaFile();
  Q_INVOKABLE void useCacheFolder(const QUrl& folder);
  Q_INVOKABLE void useUsualCacheFolder();

  /// Waits for what runs beside the screens.
  void shut_down() { changes_.stop(); }

signals:
  void changed();
  void applied();  ///< what is asked from now on is asked in the new way
  void signedInAs(const QString& name);

private:
  void load();
  void keep();
  void choose_proxy();
  void apply();
  void look_at_ca_file(const std::string& file, bool take);
  void work(std::function<void()> change, QString* problem);
  void take(const HubAccess& access, const hub::Space& space);
  void take_account(const Asked<hub::Account>& answer);

  HubService& service_;
  Background& network_;
  QSettings& store_;
  Background changes_{1};  // one after the other
  HubChoices choices_;
  Proxy proxy_ = SystemProxy;  ///< may be Manual before there is an address
  HubAccess access_;
  hub::Space space_;
  bool known_ = false;
  int pending_ = 0;
  quint64 serial_ = 0;
  bool checking_token_ = false;
  bool trying_endpoint_ = false;
  bool announce_ = false;  ///< signedInAs() is due when the service was asked again
  hub::Account account_;   ///< of the token in use, once it was asked for
  std::size_t certificates_ = 0;
  int unfinished_downloads_ = 0;
  QString token_problem_, endpoint_problem_, endpoint_answer_, proxy_problem_, ca_problem_, cache_problem_;
};

}  // namespace etna::gui
