#include "gui/hub/hub_controller.h"

#include <QStandardPaths>

namespace etna::gui {
namespace {

constexpr int network_threads = 3;  // a search, a card and its headers do not wait for one another
constexpr int disk_threads = 2;     // what a person did does not wait for a scan

}  // namespace

HubController::HubController(Engine& engine, LibraryController& library, QSettings& store, QObject* parent)
    : QObject(parent),
      service_(make_hub_service()),
      network_(network_threads),
      disk_(disk_threads),
      files_(1),  // copies and checks of whole models: two would only make the disk seek
      compute_(1),
      downloads_(*service_, disk_),
      shelf_(*service_, library, downloads_, disk_, files_, store),
      discover_(*service_, engine, network_, disk_),
      card_(*service_, engine, network_, compute_, downloads_),
      first_run_(*service_, engine, library, downloads_, shelf_, disk_) {
  discover_.set_store(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) +
                      QStringLiteral("/hub-results.json"));
  connect(&discover_, &DiscoverController::pasted, &card_, &CardController::open);
  connect(&shelf_, &ShelfController::scanned, this, [this] { discover_.set_present(shelf_.repositories()); });
  connect(&card_, &CardController::judged, this, [this](const QString& repository, Fit fit, quint64 bytes) {
    discover_.results()->set_exact(repository, fit, bytes);
  });
}

HubController::~HubController() {
  shut_down();
}

void HubController::shut_down() {
  network_.stop();
  disk_.stop();
  files_.stop();
  compute_.stop();
  service_.reset();
}

void HubController::look() {
  downloads_.open();
  shelf_.refresh();
  card_.estimate_again();
  askAccess();
}

bool HubController::isLink(const QUrl& url) const {
  return url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http") ||
         url.scheme() == QLatin1String("hf");
}

void HubController::openLink(const QUrl& link) {
  discover_.set_text(link.toString());
  discover_.search();
}

void HubController::askAccess() {
  disk_.run(QStringLiteral("access"), [this](const std::stop_token&) -> Background::Answer {
    const HubAccess access = ask([this] { return service_->access(); }).value.value_or(HubAccess());
    return [this, access] {
      QStringList parts = {QString::fromStdString(access.host)};
      if (access.offline) {
        parts << tr("offline: Etna never connects");
      } else if (access.signed_in) {
        parts << tr("signed in with the token of %1").arg(QString::fromStdString(access.token_place));
      } else {
        parts << tr("no token");
      }
      access_text_ = parts.join(QStringLiteral(" · "));
      token_help_ = tr("Gated models need one. Etna reads HF_TOKEN, or %1, when it starts, and sends it to %2 only.")
                        .arg(QString::fromStdString(access.token_file), QString::fromStdString(access.host));
      emit accessChanged();
    };
  });
}

}  // namespace etna::gui
