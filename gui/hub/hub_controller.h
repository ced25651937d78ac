#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QUrl>
#include <memory>
#include <optional>

#include "gui/hub/access_controller.h"
#include "gui/hub/card_controller.h"
#include "gui/hub/discover_controller.h"
#include "gui/hub/downloads_controller.h"
#include "gui/hub/first_run.h"
#include "gui/hub/shelf_controller.h"

namespace etna::gui {

/// Everything behind the Models page. Nothing asks a server, and no queue opens, before somebody looks.
class HubController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the hub")
  Q_PROPERTY(etna::gui::DiscoverController* discover READ discover CONSTANT)
  Q_PROPERTY(etna::gui::CardController* card READ card CONSTANT)
  Q_PROPERTY(etna::gui::DownloadsController* downloads READ downloads CONSTANT)
  Q_PROPERTY(etna::gui::ShelfController* shelf READ shelf CONSTANT)
  Q_PROPERTY(etna::gui::FirstRunController* firstRun READ first_run CONSTANT)
  Q_PROPERTY(etna::gui::AccessController* access READ access CONSTANT)

public:
  HubController(Engine& engine, LibraryController& library, QSettings& store, QObject* parent = nullptr);
  ~HubController() override;

  DiscoverController* discover() { return &discover_; }

  CardController* card() { return &card_; }

  DownloadsController* downloads() { return &downloads_; }

  ShelfController* shelf() { return &shelf_; }

  FirstRunController* first_run() { return &first_run_; }

  AccessController* access() { return &access_; }

  /// The page is in sight.
  Q_INVOKABLE void look();

  /// Of a model, as it is dropped on the window: shows it.
  Q_INVOKABLE bool isLink(const QUrl& url) const;
  Q_INVOKABLE void openLink(const QUrl& link);

  /// Goes on with downloads that the last run left.
  void open_downloads() { downloads_.open(); }

  /// Waits for what runs beside the screens; the engine may go afterwards.
  void shut_down();

private:
  void take_access();

  std::unique_ptr<HubService> service_;
  Background network_;
  Background disk_;
  Background files_;
  Background compute_;
  AccessController access_;  // before all that ask: what was chosen holds from the first question on
  DownloadsController downloads_;
  ShelfController shelf_;
  DiscoverController discover_;
  CardController card_;
  FirstRunController first_run_;
  QString cache_folder_;
  std::optional<bool> signed_in_;  ///< none: not known yet
};

}  // namespace etna::gui
