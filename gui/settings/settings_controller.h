#pragma once

#include <QObject>
#include <QRect>
#include <QSettings>
#include <QString>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

#include "gui/settings/color_scheme.h"

namespace etna::gui {

/// What a person chose, kept between starts. Every change applies and is stored at once.
class SettingsController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the settings")
  Q_PROPERTY(Theme theme READ theme WRITE set_theme NOTIFY changed)
  Q_PROPERTY(bool dark READ dark NOTIFY changed)
  Q_PROPERTY(double fontScale READ font_scale WRITE set_font_scale NOTIFY changed)
  Q_PROPERTY(bool reduceMotion READ reduce_motion WRITE set_reduce_motion NOTIFY changed)
  Q_PROPERTY(bool enterSends READ enter_sends WRITE set_enter_sends NOTIFY changed)
  Q_PROPERTY(bool loadAtStart READ load_at_start WRITE set_load_at_start NOTIFY changed)
  Q_PROPERTY(bool listOpen READ list_open WRITE set_list_open NOTIFY changed)
  Q_PROPERTY(bool firstRunDone READ first_run_done WRITE set_first_run_done NOTIFY changed)
  Q_PROPERTY(QString device READ device WRITE set_device NOTIFY changed)
  Q_PROPERTY(QString modelsFolder READ models_folder NOTIFY changed)
  Q_PROPERTY(QUrl modelsFolderUrl READ models_folder_url WRITE set_models_folder_url NOTIFY changed)

public:
  enum Theme { System, Light, Dark };
  Q_ENUM(Theme)

  /// `store` outlives this.
  explicit SettingsController(QSettings& store, QObject* parent = nullptr);

  Theme theme() const;
  void set_theme(Theme theme);
  bool dark() const;
  double font_scale() const;  ///< 0.8 to 2
  void set_font_scale(double scale);
  bool reduce_motion() const { return flag("reduceMotion", false); }
  void set_reduce_motion(bool on) { set("reduceMotion", on); }
  bool enter_sends() const { return flag("enterSends", true); }
  void set_enter_sends(bool on) { set("enterSends", on); }
  bool load_at_start() const { return flag("loadAtStart", true); }
  void set_load_at_start(bool on) { set("loadAtStart", on); }
  bool list_open() const { return flag("listOpen", true); }
  void set_list_open(bool open) { set("listOpen", open); }
  bool first_run_done() const { return flag("firstRunDone", false); }
  void set_first_run_done(bool done) { set("firstRunDone", done); }

  QString device() const;  ///< DeviceInfo::id; empty: the best there is
  void set_device(const QString& id) { set("device", id); }
  QString models_folder() const;
  QUrl models_folder_url() const { return QUrl::fromLocalFile(models_folder()); }
  void set_models_folder_url(const QUrl& folder) { set("modelsFolder", folder.toLocalFile()); }

  /// A load that began and never ended: the next start does not repeat it by itself.
  bool load_was_interrupted() const { return flag("loading", false); }
  void set_loading(bool loading);

  QRect window_geometry() const;  ///< invalid: never stored
  bool window_maximized() const { return flag("windowMaximized", false); }
  void store_window(const QRect& geometry, bool maximized);

  QSettings& store() { return store_; }

  Q_INVOKABLE void largerFont() { set_font_scale(font_scale() + 0.1); }
  Q_INVOKABLE void smallerFont() { set_font_scale(font_scale() - 0.1); }
  Q_INVOKABLE void normalFont() { set_font_scale(1.0); }

signals:
  void changed();

private:
  bool flag(const char* key, bool fallback) const { return store_.value(QLatin1String(key), fallback).toBool(); }
  void set(const char* key, const QVariant& value);

  QSettings& store_;
  ColorScheme scheme_;
};

}  // namespace etna::gui
