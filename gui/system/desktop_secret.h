#pragma once

#include <QDBusConnection>
#include <QString>
#include <QStringList>
#include <functional>

#include "hub/token.h"

namespace etna::gui {

/// One secret in the desktop's password store, through freedesktop.org's Secret Service: GNOME's keyring, KDE's wallet,
/// KeePassXC. The session's bus carries it as it is; who can read along there is the same user already.
///
/// Every function waits for the store, so none is for the thread of the screens. Reading asks nobody; writing and
/// erasing may show the store's own question for its password, and wait for the answer. Errors are io.
class DesktopSecret : public hub::TokenStore {
public:
  /// `name` tells secrets apart: "token". `label`: what the store's own window calls it.
  DesktopSecret(QString name, QString label, QDBusConnection bus = QDBusConnection::sessionBus());

  /// Whether there is a store with a place to keep something.
  static bool is_available(const QDBusConnection& bus = QDBusConnection::sessionBus());

  std::optional<std::string> read() override;
  void write(const std::string& secret) override;
  void erase() override;
  std::string place() const override;

private:
  struct Found {
    QStringList open, locked;  ///< paths of items
  };

  Found find();
  void unlock(const QString& path);
  void wait_for_answer(const QString& prompt, const std::function<bool()>& done);

  QString name_, label_;
  QDBusConnection bus_;
};

}  // namespace etna::gui
