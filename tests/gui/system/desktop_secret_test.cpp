#include "gui/system/desktop_secret.h"

#include <gtest/gtest.h>

#include <QDBusArgument>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusVariant>
#include <QDBusVirtualObject>
#include <QMap>
#include <QProcess>
#include <QThread>
#include <atomic>

#include "engine/base/error.h"

namespace etna::gui {
namespace {

using Paths = QList<QDBusObjectPath>;
using Attributes = QMap<QString, QString>;

/// A password store with one collection: what the protocol asks for and no more.
class Store : public QDBusVirtualObject {
public:
  QString introspect(const QString&) const override { return {}; }

  bool handleMessage(const QDBusMessage& message, const QDBusConnection& bus) override {
    bus.send(answer(message));
    return true;
  }

  std::atomic<bool> locked = false;
  std::atomic<bool> has_collection = true;
  std::atomic<int> prompts = 0;

private:
  QDBusMessage answer(const QDBusMessage& message) {
    const QString method = message.member();
    const auto path = [](const QString& text) { return QVariant::fromValue(QDBusObjectPath(text)); };
    const auto paths = [](const Paths& list) { return QVariant::fromValue(list); };
    if (method == QLatin1String("ReadAlias"))
      return message.createReply(path(has_collection ? QStringLiteral("/collection") : QStringLiteral("/")));
    if (method == QLatin1String("OpenSession"))
      return message.createReply({QVariant::fromValue(QDBusVariant(QString())), path(QStringLiteral("/session"))});
    if (method == QLatin1String("SearchItems")) {
      const auto wanted = qdbus_cast<Attributes>(message.arguments().at(0));
      Paths found;
      for (auto it = items_.constBegin(); it != items_.constEnd(); ++it)
        if (it->attributes == wanted) found << QDBusObjectPath(it.key());
      return message.createReply({paths(locked ? Paths() : found), paths(locked ? found : Paths())});
    }
    if (method == QLatin1String("Unlock")) {
      const Paths asked = qdbus_cast<Paths>(message.arguments().at(0));
      return locked ? message.createReply({paths({}), path(QStringLiteral("/org/freedesktop/secrets/prompt"))})
                    : message.createReply({paths(asked), path(QStringLiteral("/"))});
    }
    if (method == QLatin1String("Prompt")) {
      ++prompts;
      locked = false;  // somebody knows the password
      return message.createReply();
    }
    if (method == QLatin1String("Get")) return message.createReply(QVariant::fromValue(QDBusVariant(locked.load())));
    if (method == QLatin1String("CreateItem")) return create(message);
    if (method == QLatin1String("GetSecret")) return secret(message);
    if (method == QLatin1String("Delete")) {
      items_.remove(message.path());
      return message.createReply(path(QStringLiteral("/")));
    }
    return message.createErrorReply(QDBusError::UnknownMethod, method);
  }

  QDBusMessage create(const QDBusMessage& message) {
    const auto properties = qdbus_cast<QVariantMap>(message.arguments().at(0));
    const QVariant attributes = properties.value(QStringLiteral("org.freedesktop.Secret.Item.Attributes"));
    const auto in = message.arguments().at(1).value<QDBusArgument>();
    QDBusObjectPath session;
    QByteArray parameters, value;
    QString type;
    in.beginStructure();
    in >> session >> parameters >> value >> type;
    in.endStructure();
    Item item{qdbus_cast<Attributes>(attributes), value};
    const QString name = item.attributes.value(QStringLiteral("secret"));
    const QString place = QStringLiteral("/org/freedesktop/secrets/") + name;
    items_[place] = item;
    return message.createReply(
        {QVariant::fromValue(QDBusObjectPath(place)), QVariant::fromValue(QDBusObjectPath(QStringLiteral("/")))});
  }

  QDBusMessage secret(const QDBusMessage& message) {
    QDBusArgument out;
    out.beginStructure();
    out << QDBusObjectPath(QStringLiteral("/session")) << QByteArray() << items_.value(message.path()).value
        << QStringLiteral("text/plain");
    out.endStructure();
    return message.createReply(QVariant::fromValue(out));
  }

  struct Item {
    Attributes attributes;
    QByteArray value;
  };

  QMap<QString, Item> items_;
};

/// On a bus of its own.
class DesktopSecretTest : public testing::Test {
protected:
  void SetUp() override {
    daemon_.start(QStringLiteral("dbus-daemon"),
                  {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
    if (!daemon_.waitForStarted(5000) || !daemon_.waitForReadyRead(5000)) GTEST_SKIP() << "there is no dbus-daemon";
    address_ = QString::fromUtf8(daemon_.readLine()).trimmed();
    theirs_ = std::make_unique<QDBusConnection>(QDBusConnection::connectToBus(address_, QStringLiteral("store")));
    ours_ = std::make_unique<QDBusConnection>(QDBusConnection::connectToBus(address_, QStringLiteral("etna")));
    ASSERT_TRUE(theirs_->isConnected() && ours_->isConnected());
    store_ = new Store;
    ASSERT_TRUE(theirs_->registerVirtualObject(QStringLiteral("/"), store_, QDBusConnection::SubPath));
    store_->moveToThread(&thread_);  // answers while the test waits
    thread_.start();
  }

  void TearDown() override {
    if (store_) {
      theirs_->unregisterObject(QStringLiteral("/"), QDBusConnection::UnregisterTree);
      store_->deleteLater();
    }
    thread_.quit();
    thread_.wait();
    for (const char* name : {"store", "etna"}) QDBusConnection::disconnectFromBus(QLatin1String(name));
    daemon_.kill();
    daemon_.waitForFinished(5000);
  }

  void open() { ASSERT_TRUE(theirs_->registerService(QStringLiteral("org.freedesktop.secrets"))); }

  DesktopSecret secret(const char* name = "token") {
    return DesktopSecret(QLatin1String(name), QStringLiteral("a test"), *ours_);
  }

  QProcess daemon_;
  QString address_;
  std::unique_ptr<QDBusConnection> theirs_, ours_;
  QThread thread_;
  Store* store_ = nullptr;
};

TEST_F(DesktopSecretTest, WithoutAStoreThereIsNone) {
  EXPECT_FALSE(DesktopSecret::is_available(*ours_));
  EXPECT_THROW(secret().read(), Error);
  open();
  store_->has_collection = false;
  EXPECT_FALSE(DesktopSecret::is_available(*ours_)) << "it has no place for anything";
  EXPECT_THROW(secret().write("x"), Error);
}

TEST_F(DesktopSecretTest, WhatIsWrittenIsReadReplacedAndErased) {
  open();
  EXPECT_TRUE(DesktopSecret::is_available(*ours_));
  EXPECT_FALSE(secret().read());
  secret().write("hf_one");
  secret("proxy").write("other");
  EXPECT_EQ(secret().read(), "hf_one");
  secret().write("hf_two");
  EXPECT_EQ(secret().read(), "hf_two");
  EXPECT_EQ(secret("proxy").read(), "other");
  secret().erase();
  EXPECT_FALSE(secret().read());
  EXPECT_NO_THROW(secret().erase());
  EXPECT_EQ(secret("proxy").read(), "other");
}

TEST_F(DesktopSecretTest, ReadingALockedStoreAsksNobodyAndWritingDoes) {
  open();
  secret().write("hf_one");
  store_->locked = true;
  EXPECT_THROW(secret().read(), Error);
  EXPECT_EQ(store_->prompts, 0);
  secret().write("hf_two");
  EXPECT_EQ(store_->prompts, 1);
  EXPECT_EQ(secret().read(), "hf_two");
}

}  // namespace
}  // namespace etna::gui
