#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QStringList>
#include <QUrl>

#include "gui/models/estimator.h"
#include "gui/models/library_controller.h"
#include "gui/plot/bar_list.h"

namespace etna::gui {

/// How one model is to be loaded, and what that takes: the load sheet. Every change asks for a new estimate; the latest
/// answer is shown. Nothing is kept before the load.
class LoadSettings : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the load settings")
  Q_PROPERTY(QString name READ name NOTIFY opened)
  Q_PROPERTY(bool known READ known NOTIFY estimated)
  Q_PROPERTY(bool unreadable READ unreadable NOTIFY estimated)
  Q_PROPERTY(QString contextText READ context_text NOTIFY changed)
  Q_PROPERTY(double contextPosition READ context_position WRITE set_context_position NOTIFY changed)
  Q_PROPERTY(double contextStep READ context_step NOTIFY estimated)
  Q_PROPERTY(QList<double> contextMarks READ context_marks NOTIFY estimated)
  Q_PROPERTY(double longestPosition READ longest_position NOTIFY estimated)
  Q_PROPERTY(QString contextNote READ context_note NOTIFY estimated)
  Q_PROPERTY(int precision READ precision WRITE set_precision NOTIFY changed)
  Q_PROPERTY(bool automaticLayers READ automatic_layers WRITE set_automatic_layers NOTIFY changed)
  Q_PROPERTY(int layers READ layers WRITE set_layers NOTIFY changed)
  Q_PROPERTY(int allLayers READ all_layers NOTIFY estimated)
  Q_PROPERTY(QString layersNote READ layers_note NOTIFY estimated)
  Q_PROPERTY(bool canSplit READ can_split NOTIFY estimated)
  Q_PROPERTY(QStringList keepChoices READ keep_choices CONSTANT)
  Q_PROPERTY(int keep READ keep WRITE set_keep NOTIFY changed)
  Q_PROPERTY(QString device READ device WRITE set_device NOTIFY changed)
  Q_PROPERTY(QString adapterName READ adapter_name NOTIFY changed)
  Q_PROPERTY(etna::gui::BarList* bars READ bars CONSTANT)
  Q_PROPERTY(QString sentence READ sentence NOTIFY estimated)
  Q_PROPERTY(QString measured READ measured NOTIFY opened)
  Q_PROPERTY(bool tooBig READ too_big NOTIFY estimated)
  Q_PROPERTY(QString shorterText READ shorter_text NOTIFY estimated)
  Q_PROPERTY(QString packText READ pack_text NOTIFY estimated)
  Q_PROPERTY(QStringList unloadTexts READ unload_texts NOTIFY estimated)
  Q_PROPERTY(bool asking READ asking NOTIFY askingChanged)

public:
  LoadSettings(LibraryController& library, Estimator& estimator, QObject* parent = nullptr);

  QString name() const;

  bool known() const { return estimate_.has_value(); }

  bool unreadable() const { return unreadable_; }  ///< loading it says why

  std::uint64_t context_length() const;
  void set_context_length(quint64 tokens);
  QString context_text() const;     ///< "8,192"
  double context_position() const;  ///< of the slider, 0 to 1: each doubling takes the same way
  void set_context_position(double position);
  double context_step() const;          ///< of a key press
  QList<double> context_marks() const;  ///< powers of two
  double longest_position() const;      ///< of the longest context that fits now; below 0: none does
  QString context_note() const;

  int precision() const;  ///< 0: as is, 1: 8 bit, 2: 4 bit
  void set_precision(int choice);

  bool automatic_layers() const { return load_.layers < 0; }

  void set_automatic_layers(bool automatic);
  int layers() const;
  void set_layers(int layers);

  int all_layers() const { return estimate_ ? estimate_->layers : 0; }

  QString layers_note() const;
  bool can_split() const;  ///< the device is not the processor

  QStringList keep_choices() const;
  int keep() const;
  void set_keep(int index);

  const QString& device() const { return load_.device; }

  void set_device(const QString& id);

  QString adapter_name() const;  ///< of the fine-tuned change that is loaded with the model; empty: none

  BarList* bars() { return &bars_; }

  QString sentence() const;
  QString measured() const;  ///< "Measured last time: 6.1 GiB"; empty: never

  bool too_big() const { return estimate_ && estimate_->fit == Fit::too_big; }

  // Ways out, as words for buttons; empty: this is none.
  QString shorter_text() const;
  QString pack_text() const;
  QStringList unload_texts() const;

  bool asking() const { return asking_; }  ///< whether to load anyway

  Q_INVOKABLE void open(const QString& path);  ///< empty: the starter
  Q_INVOKABLE void openCurrent();              ///< the model in use, or the one that failed
  Q_INVOKABLE void close();                    ///< the sheet is out of sight: nothing more is asked
  Q_INVOKABLE void setContextText(const QString& text);
  Q_INVOKABLE void chooseAdapter(const QUrl& folder);
  Q_INVOKABLE void dropAdapter();
  Q_INVOKABLE void useShorter();
  Q_INVOKABLE void pack();
  Q_INVOKABLE void unloadRoom(int index);
  Q_INVOKABLE void askAnyway();
  Q_INVOKABLE void dontLoadAnyway();
  Q_INVOKABLE void load();
  Q_INVOKABLE void loadAnyway();
  Q_INVOKABLE void reset();

  /// Memory changed: what fitted may not fit now.
  void estimate_again();

  /// Of the path that is open.
  const SavedLoad& saved() const { return load_; }

signals:
  void opened();
  void changed();
  void estimated();
  void askingChanged();
  void started();  ///< a load began: the sheet can go

private:
  void change(const SavedLoad& load);
  void ask();
  void take(const std::optional<LoadEstimate>& estimate);
  void start(Admission admission);
  std::uint64_t trained() const;
  double doublings() const;  ///< from the shortest context to the model's own
  double position_of(std::uint64_t tokens) const;

  LibraryController& library_;
  Estimator& estimator_;
  QString path_;
  SavedLoad load_;
  std::optional<LoadEstimate> estimate_;
  bool unreadable_ = false;
  bool is_open_ = false;
  bool asking_ = false;
  BarList bars_;
};

}  // namespace etna::gui
