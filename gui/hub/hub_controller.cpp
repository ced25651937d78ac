#include "gui/hub/hub_controller.h"

#include <QStandardPaths>
#include <utility>

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
      access_(*service_, network_, store),
      downloads_(*service_, disk_),
      shelf_(*service_, library, downloads_, disk_, files_, store),
      discover_(*service_, engine, network_, disk_),
      card_(*service_, engine, network_, compute_, downloads_),
      first_run_(*service_, engine, library, downloads_, shelf_, disk_) {
  discover_.set_store(QStandardPaths::writableLocation(QStandardPaths::CacheLocation) +
                      QStringLiteral("/hub-results.json"));
  connect(&access_, &AccessController::applied, this, &HubController::take_access);
  connect(&downloads_, &DownloadsController::changed, this,
          [this] { access_.set_unfinished_downloads(downloads_.active()); });
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
  access_.shut_down();
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
  access_.refresh();
}

void HubController::take_access() {
  if (!access_.known()) return;
  discover_.set_offline(access_.offline());
  card_.take_sign_in(access_.signed_in());
  // What waited for a token goes on with it.
  const std::optional<bool> before = std::exchange(signed_in_, access_.signed_in());
  if (before && !*before && *signed_in_) {
    for (const hub::DownloadStatus& row : downloads_.list()->rows())
      if (row.state == hub::DownloadState::needs_access) downloads_.resume(static_cast<double>(row.id));
  }
  first_run_.set_offline(access_.offline());
  downloads_.askSpace();
  // Another folder for downloads is another folder of the library.
  if (std::exchange(cache_folder_, access_.cache_folder()) != access_.cache_folder() && shelf_.known())
    shelf_.refresh();
}

bool HubController::isLink(const QUrl& url) const {
  return url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http") ||
         url.scheme() == QLatin1String("hf");
}

void HubController::openLink(const QUrl& link) {
  discover_.set_text(link.toString());
  discover_.search();
}

}  // namespace etna::gui
