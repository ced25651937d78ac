#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QTimer>

#include "engine/engine.h"
#include "gui/hub/downloads_controller.h"
#include "gui/hub/shelf_controller.h"
#include "gui/hub/starter_models.h"
#include "gui/jobs/background.h"
#include "gui/models/library_controller.h"

namespace etna::gui {

/// The first start: which model to begin with, chosen by the engine's own estimate, and what is here already. Asks the
/// disk and nobody else; the network only after a click.
class FirstRunController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the first run")
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool canDownload READ can_download NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString note READ note NOTIFY changed)
  Q_PROPERTY(QString found READ found NOTIFY changed)
  Q_PROPERTY(QString waiting READ waiting NOTIFY waitingChanged)

public:
  FirstRunController(HubService& service, Engine& engine, LibraryController& library, DownloadsController& downloads,
                     ShelfController& shelf, Background& disk, QObject* parent = nullptr);

  bool known() const { return known_; }

  bool can_download() const { return best_ >= 0 && has_network_ && !offline_; }

  /// Etna was told to stay offline, or to stay so no more.
  void set_offline(bool offline);

  QString name() const;   ///< "Qwen3 4B"; empty: none fits
  QString note() const;   ///< "2.28 GB download · needs about 4.1 GiB of memory · …"
  QString found() const;  ///< "Hugging Face cache: 3 usable, 1 not"; empty: nothing

  /// "Qwen3 4B is on its way: 42 %, about 3 min left"; empty: no model is.
  QString waiting() const;

  Q_INVOKABLE void look();
  Q_INVOKABLE void leave();  ///< nobody looks any more
  Q_INVOKABLE void start();  ///< downloads the model and loads it when it is here

signals:
  void changed();
  void waitingChanged();

private:
  struct Findings {
    std::vector<StarterModel> models;
    std::vector<StarterChoice> choices;
    int best = -1;
    bool has_network = true;
    bool offline = false;
    std::uint64_t free_disk = 0;
  };

  void take(const Findings& findings);
  QString shortage() const;

  HubService& service_;
  Engine& engine_;
  LibraryController& library_;
  DownloadsController& downloads_;
  ShelfController& shelf_;
  Background& disk_;
  bool known_ = false;
  bool has_network_ = true;
  bool offline_ = false;
  QTimer again_;  ///< while somebody looks and there is no network
  int best_ = -1;
  std::uint64_t free_disk_ = 0;
  std::vector<StarterModel> models_;
  std::vector<StarterChoice> choices_;
  QString awaited_;  ///< repository that is loaded when it is here
};

}  // namespace etna::gui
