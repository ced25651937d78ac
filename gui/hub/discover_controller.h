#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QStringList>
#include <QTimer>

#include "engine/engine.h"
#include "gui/hub/hub_service.h"
#include "gui/hub/hub_way.h"
#include "gui/hub/result_list.h"
#include "gui/hub/result_store.h"
#include "gui/hub/trouble.h"
#include "gui/jobs/background.h"

namespace etna::gui {

/// Searching the hub. Nothing is asked before a person searches; one page of results costs one request; answers to
/// older questions are dropped.
class DiscoverController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the search")
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(QString text READ text WRITE set_text NOTIFY queryChanged)
  Q_PROPERTY(bool onlyFitting READ only_fitting WRITE set_only_fitting NOTIFY queryChanged)
  Q_PROPERTY(int size READ size WRITE set_size NOTIFY queryChanged)
  Q_PROPERTY(int ability READ ability WRITE set_ability NOTIFY queryChanged)
  Q_PROPERTY(int format READ format WRITE set_format NOTIFY queryChanged)
  Q_PROPERTY(int license READ license WRITE set_license NOTIFY queryChanged)
  Q_PROPERTY(int sort READ sort WRITE set_sort NOTIFY queryChanged)
  Q_PROPERTY(bool filtered READ filtered NOTIFY queryChanged)
  Q_PROPERTY(QStringList sizes READ sizes CONSTANT)
  Q_PROPERTY(QStringList abilities READ abilities CONSTANT)
  Q_PROPERTY(QStringList formats READ formats CONSTANT)
  Q_PROPERTY(QStringList licenses READ licenses CONSTANT)
  Q_PROPERTY(QStringList sorts READ sorts CONSTANT)
  Q_PROPERTY(QString title READ title NOTIFY changed)
  Q_PROPERTY(QString sentence READ sentence NOTIFY changed)
  Q_PROPERTY(bool loadingMore READ loading_more NOTIFY changed)
  Q_PROPERTY(bool hasMore READ has_more NOTIFY changed)
  Q_PROPERTY(QList<QString> wayTexts READ way_texts NOTIFY changed)
  Q_PROPERTY(etna::gui::ResultList* results READ results CONSTANT)

public:
  enum State { Idle, Loading, Filled, Empty, Offline, Waiting, Failed };
  Q_ENUM(State)

  DiscoverController(HubService& service, Engine& engine, Background& network, Background& disk,
                     QObject* parent = nullptr);

  State state() const { return state_; }

  const QString& text() const { return text_; }

  void set_text(const QString& text);

  bool only_fitting() const { return only_fitting_; }

  void set_only_fitting(bool only);

  int size() const { return size_; }

  int ability() const { return ability_; }

  int format() const { return format_; }

  int license() const { return license_; }

  int sort() const { return sort_; }

  // Indices into the lists below; the first entry is no condition.
  void set_size(int index) { choose(size_, index); }

  void set_ability(int index) { choose(ability_, index); }

  void set_format(int index) { choose(format_, index); }

  void set_license(int index) { choose(license_, index); }

  void set_sort(int index);

  bool filtered() const { return only_fitting_ || size_ + ability_ + format_ + license_ > 0; }

  QStringList sizes() const;
  QStringList abilities() const;
  QStringList formats() const;
  QStringList licenses() const;
  QStringList sorts() const;

  QString title() const;     ///< of a state that is no list
  QString sentence() const;  ///< "Showing what was loaded on 12 May."

  bool loading_more() const { return loading_more_; }

  bool has_more() const { return !cursor_.empty(); }

  HubWays ways() const;  ///< out of Offline, Waiting and Failed

  QStringList way_texts() const { return gui::way_texts(ways()); }

  Q_INVOKABLE int wayAt(int index) const { return ways().value(index, HubWay::TryAgain); }

  ResultList* results() { return &results_; }

  Q_INVOKABLE void search();  ///< now
  Q_INVOKABLE void loadMore();
  Q_INVOKABLE void clearFilters();

  void set_present(const QSet<QString>& repositories) { results_.set_present(repositories); }

  /// Etna was told to stay offline, or to stay so no more.
  void set_offline(bool offline);

  /// Where results are kept for when there is no network; empty: nowhere.
  void set_store(const QString& file) { store_ = file; }

signals:
  void changed();
  void queryChanged();
  void pasted(const QString& repository, const QString& revision, const QString& file);  ///< the text names one model

private:
  void choose(int& place, int index);
  void apply_filter();
  void start(const std::string& cursor);
  void take(const Asked<hub::SearchPage>& answer, bool more, bool signed_in);
  void take_trouble(const Trouble& trouble);
  void show_kept();
  void stay_offline();
  void wait(int seconds);
  void tick();
  void set_state(State state);
  hub::SearchQuery query() const;

  HubService& service_;
  Engine& engine_;
  Background& network_;
  Background& disk_;
  ResultList results_;
  QTimer pause_;   ///< between the last key and the question
  QTimer second_;  ///< while the hub asks us to wait
  State state_ = Idle;
  QString text_;
  bool only_fitting_ = false;
  int size_ = 0, ability_ = 0, format_ = 0, license_ = 0, sort_ = 0;
  std::string cursor_;
  bool loading_more_ = false;
  bool signed_in_ = false;
  bool offline_ = false;
  Trouble trouble_;
  int wait_seconds_ = 0;
  QDate kept_date_;  ///< valid: what is shown is from then
  QString store_;
};

}  // namespace etna::gui
