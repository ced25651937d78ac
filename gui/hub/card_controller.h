#pragma once

#include <QtQml/qqmlregistration.h>
#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>

#include "engine/engine.h"
#include "gui/hub/downloads_controller.h"
#include "gui/hub/hub_service.h"
#include "gui/hub/hub_way.h"
#include "gui/hub/trouble.h"
#include "gui/hub/version_list.h"
#include "gui/jobs/background.h"
#include "gui/text/block_list.h"

namespace etna::gui {

/// One model of the hub: what it is, which version to take, whether it runs here, and the one button that follows.
///
/// Headers are read for the version that is looked at, once; its siblings differ only by their weights, whose sizes the
/// tree tells, and are marked "about" until they are looked at themselves.
class CardController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the card")
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(QString repository READ repository NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString publisher READ publisher NOTIFY changed)
  Q_PROPERTY(QString facts READ facts NOTIFY changed)
  Q_PROPERTY(QString gate READ gate NOTIFY changed)
  Q_PROPERTY(QString link READ link NOTIFY changed)
  Q_PROPERTY(QString title READ title NOTIFY changed)
  Q_PROPERTY(QString sentence READ sentence NOTIFY changed)
  Q_PROPERTY(etna::gui::VersionList* versions READ versions CONSTANT)
  Q_PROPERTY(int selected READ selected NOTIFY actionChanged)
  Q_PROPERTY(Action action READ action NOTIFY actionChanged)
  Q_PROPERTY(QString actionText READ action_text NOTIFY actionChanged)
  Q_PROPERTY(QString blocked READ blocked NOTIFY actionChanged)
  Q_PROPERTY(QList<QString> wayTexts READ way_texts NOTIFY actionChanged)
  Q_PROPERTY(QString watchText READ watch_text NOTIFY actionChanged)
  Q_PROPERTY(double progress READ progress NOTIFY actionChanged)
  Q_PROPERTY(QString usePath READ use_path NOTIFY actionChanged)
  Q_PROPERTY(double contextPosition READ context_position WRITE set_context_position NOTIFY contextChanged)
  Q_PROPERTY(QString contextText READ context_text NOTIFY contextChanged)
  Q_PROPERTY(bool contextKnown READ context_known NOTIFY contextChanged)
  Q_PROPERTY(etna::gui::BlockList* readme READ readme CONSTANT)
  Q_PROPERTY(bool hasReadme READ has_readme NOTIFY readmeChanged)
  Q_PROPERTY(QStringList fileNames READ file_names NOTIFY changed)
  Q_PROPERTY(QStringList fileSizes READ file_sizes NOTIFY changed)

public:
  enum State { Closed, Loading, Filled, Failed };
  Q_ENUM(State)

  enum Action { Nothing, Reading, Download, Busy, Use, Access, Unsupported, Incomplete };
  Q_ENUM(Action)

  CardController(HubService& service, Engine& engine, Background& network, Background& compute,
                 DownloadsController& downloads, QObject* parent = nullptr);

  State state() const { return state_; }

  const QString& repository() const { return id_; }

  QString name() const;
  QString publisher() const;
  QString facts() const;  ///< "Qwen · 8.03 billion parameters · licence Apache 2.0 · …"
  QString gate() const;   ///< what its authors ask for; empty: nothing
  QString link() const;
  QString title() const;  ///< of a failure, or of a repository with nothing to choose
  QString sentence() const;

  VersionList* versions() { return &versions_; }

  int selected() const { return selected_; }

  Action action() const;
  QString action_text() const;
  QString blocked() const;  ///< why there is no button to press
  HubWays ways() const;     ///< out of a failure, or to the access that is missing

  QStringList way_texts() const { return gui::way_texts(ways()); }

  Q_INVOKABLE int wayAt(int index) const { return ways().value(index, HubWay::OpenPage); }

  /// "Etna looks every 10 s whether …"; empty: it does not.
  QString watch_text() const;
  double progress() const;  ///< of its download; below 0: none, or not known
  QString use_path() const;

  double context_position() const;
  void set_context_position(double position);
  QString context_text() const;

  bool context_known() const { return trained_ > 0; }

  BlockList* readme() { return &readme_; }

  bool has_readme() const { return has_readme_; }

  QStringList file_names() const;
  QStringList file_sizes() const;

  Q_INVOKABLE void open(const QString& repository, const QString& revision = QStringLiteral("main"),
                        const QString& file = {});
  Q_INVOKABLE void close();
  Q_INVOKABLE void again();
  Q_INVOKABLE void select(int row);
  Q_INVOKABLE void download();

  /// The model's page was opened in the browser: for five minutes Etna looks whether access was given there.
  Q_INVOKABLE void watchAccess();

  /// A token came or went: what was refused may be allowed now.
  void take_sign_in(bool signed_in);

  /// Between two looks; for tests.
  void set_watch_interval(int milliseconds) { watch_.setInterval(milliseconds); }

  /// Memory changed: what fitted may not fit now.
  void estimate_again();

signals:
  void changed();
  void actionChanged();
  void contextChanged();
  void readmeChanged();
  void judged(const QString& repository, etna::Fit fit, quint64 memory_bytes);  ///< the version to take, exactly

private:
  struct Judgement {
    std::optional<LoadEstimate> estimate;
    bool unsupported = false;
    QString why;
  };

  void take(const Asked<HubCard>& answer);
  void read_readme();
  void describe(int row);
  void take_description(int row, const Asked<ModelDescription>& answer);
  void estimate_all();
  void take_judgements(const QHash<int, Judgement>& judgements);
  void look_for_access();
  void take_access(const Trouble& trouble);
  int likely_row() const;
  std::uint64_t context_length() const;
  const hub::DownloadStatus* running() const;

  HubService& service_;
  Engine& engine_;
  Background& network_;
  Background& compute_;
  DownloadsController& downloads_;
  State state_ = Closed;
  QString id_, revision_, wanted_file_;
  std::optional<HubCard> card_;
  Trouble trouble_;
  VersionList versions_;
  int selected_ = -1;
  bool chosen_ = false;                        ///< by the person, not by us
  QHash<int, ModelDescription> descriptions_;  ///< by row
  QHash<int, Judgement> judgements_;
  Trouble description_trouble_;
  bool signed_in_ = false;
  QTimer watch_;
  int looks_left_ = 0;
  double position_ = -1;  ///< of the slider; below 0: never moved
  std::uint64_t trained_ = 0;
  BlockList readme_;
  bool has_readme_ = false;
};

}  // namespace etna::gui
