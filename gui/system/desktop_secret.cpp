#include "gui/system/desktop_secret.h"

#include <QCoreApplication>
#include <QDBusArgument>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusObjectPath>
#include <QDBusVariant>
#include <QMap>
#include <QThread>

#include "engine/base/error.h"

namespace etna::gui {

/// The protocol's Secret: (oayays).
struct WireSecret {
  QDBusObjectPath session;
  QByteArray parameters;
  QByteArray value;
  QString content_type;
};

static QDBusArgument& operator<<(QDBusArgument& out, const WireSecret& secret) {
  out.beginStructure();
  out << secret.session << secret.parameters << secret.value << secret.content_type;
  out.endStructure();
  return out;
}

static const QDBusArgument& operator>>(const QDBusArgument& in, WireSecret& secret) {
  in.beginStructure();
  in >> secret.session >> secret.parameters >> secret.value >> secret.content_type;
  in.endStructure();
  return in;
}

namespace {

using Attributes = QMap<QString, QString>;

const QString service = QStringLiteral("org.freedesktop.secrets");
const QString root = QStringLiteral("/org/freedesktop/secrets");
const QString service_interface = QStringLiteral("org.freedesktop.Secret.Service");
const QString item_interface = QStringLiteral("org.freedesktop.Secret.Item");

constexpr int answer_ms = 5'000;      // a store that does not answer is as good as none
constexpr int question_ms = 120'000;  // somebody looks for a password
constexpr int poll_ms = 250;

void register_types() {
  static const bool once = [] {
    qDBusRegisterMetaType<WireSecret>();
    qDBusRegisterMetaType<Attributes>();
    return true;
  }();
  Q_UNUSED(once)
}

QDBusMessage ask_store(const QDBusConnection& bus, const QString& path, const QString& interface, const char* method,
                       const QVariantList& arguments) {
  register_types();
  QDBusMessage question = QDBusMessage::createMethodCall(service, path, interface, QLatin1String(method));
  question.setArguments(arguments);
  return bus.call(question, QDBus::Block, answer_ms);
}

/// The answer's values; throws where there is none of so many.
QVariantList call(const QDBusConnection& bus, const QString& path, const QString& interface, const char* method,
                  const QVariantList& arguments, qsizetype values) {
  const QDBusMessage answer = ask_store(bus, path, interface, method, arguments);
  if (answer.type() != QDBusMessage::ReplyMessage)
    fail(Errc::io, "the desktop's password store: {}: {}", method, answer.errorMessage().toStdString());
  if (answer.arguments().size() < values) fail(Errc::io, "the desktop's password store: {}: no answer", method);
  return answer.arguments();
}

QStringList paths_of(const QVariant& value) {
  QStringList paths;
  for (const QDBusObjectPath& path : qdbus_cast<QList<QDBusObjectPath>>(value)) paths << path.path();
  return paths;
}

QString path_of(const QVariant& value) {
  return qdbus_cast<QDBusObjectPath>(value).path();
}

bool is_nothing(const QString& path) {
  return path.isEmpty() || path == QLatin1String("/");
}

/// A conversation of which nothing is encrypted.
QDBusObjectPath open_session(const QDBusConnection& bus) {
  const QVariantList answer = call(bus, root, service_interface, "OpenSession",
                                   {QStringLiteral("plain"), QVariant::fromValue(QDBusVariant(QString()))}, 2);
  return QDBusObjectPath(path_of(answer.at(1)));
}

QString default_collection(const QDBusConnection& bus) {
  return path_of(call(bus, root, service_interface, "ReadAlias", {QStringLiteral("default")}, 1).at(0));
}

}  // namespace

DesktopSecret::DesktopSecret(QString name, QString label, QDBusConnection bus)
    : name_(std::move(name)), label_(std::move(label)), bus_(std::move(bus)) {}

bool DesktopSecret::is_available(const QDBusConnection& bus) {
  if (!bus.isConnected()) return false;
  const QDBusMessage answer = ask_store(bus, root, service_interface, "ReadAlias", {QStringLiteral("default")});
  return answer.type() == QDBusMessage::ReplyMessage && !answer.arguments().isEmpty() &&
         !is_nothing(path_of(answer.arguments().constFirst()));
}

std::string DesktopSecret::place() const {
  return QCoreApplication::translate("DesktopSecret", "the desktop's password store").toStdString();
}

DesktopSecret::Found DesktopSecret::find() {
  const Attributes attributes = {{QStringLiteral("application"), QStringLiteral("etna")},
                                 {QStringLiteral("secret"), name_}};
  const QVariantList answer = call(bus_, root, service_interface, "SearchItems", {QVariant::fromValue(attributes)}, 2);
  return {paths_of(answer.at(0)), paths_of(answer.at(1))};
}

void DesktopSecret::wait_for_answer(const QString& prompt, const std::function<bool()>& done) {
  if (is_nothing(prompt)) return;
  call(bus_, prompt, QStringLiteral("org.freedesktop.Secret.Prompt"), "Prompt", {QString()}, 0);
  for (int waited = 0; waited < question_ms; waited += poll_ms) {
    if (done()) return;
    QThread::msleep(poll_ms);
  }
  fail(Errc::io, "the desktop's password store was not unlocked");
}

void DesktopSecret::unlock(const QString& path) {
  const QVariantList answer = call(bus_, root, service_interface, "Unlock",
                                   {QVariant::fromValue(QList<QDBusObjectPath>{QDBusObjectPath(path)})}, 2);
  if (paths_of(answer.at(0)).contains(path)) return;
  wait_for_answer(path_of(answer.at(1)), [&] {
    const QVariantList locked =
        call(bus_, path, QStringLiteral("org.freedesktop.DBus.Properties"), "Get",
             {QStringLiteral("org.freedesktop.Secret.Collection"), QStringLiteral("Locked")}, 1);
    return !qdbus_cast<QDBusVariant>(locked.at(0)).variant().toBool();
  });
}

std::optional<std::string> DesktopSecret::read() {
  const Found found = find();
  if (found.open.isEmpty()) {
    if (found.locked.isEmpty()) return {};
    fail(Errc::io, "the desktop's password store is locked");
  }
  const QDBusObjectPath session = open_session(bus_);
  const QVariantList answer =
      call(bus_, found.open.constFirst(), item_interface, "GetSecret", {QVariant::fromValue(session)}, 1);
  const auto secret = qdbus_cast<WireSecret>(answer.at(0));
  if (secret.value.isEmpty()) return {};
  return secret.value.toStdString();
}

void DesktopSecret::write(const std::string& secret) {
  const QString collection = default_collection(bus_);
  if (is_nothing(collection)) fail(Errc::io, "the desktop's password store has no place to keep anything");
  unlock(collection);
  const Attributes attributes = {{QStringLiteral("application"), QStringLiteral("etna")},
                                 {QStringLiteral("secret"), name_}};
  const QVariantMap properties = {
      {QStringLiteral("org.freedesktop.Secret.Item.Label"), label_},
      {QStringLiteral("org.freedesktop.Secret.Item.Attributes"), QVariant::fromValue(attributes)}};
  const WireSecret wire{open_session(bus_), {}, QByteArray::fromStdString(secret), QStringLiteral("text/plain")};
  const QVariantList answer = call(bus_, collection, QStringLiteral("org.freedesktop.Secret.Collection"), "CreateItem",
                                   {QVariant(properties), QVariant::fromValue(wire), true}, 2);
  wait_for_answer(path_of(answer.at(1)), [this] { return !find().open.isEmpty(); });
}

void DesktopSecret::erase() {
  const Found found = find();
  for (const QString& item : found.open + found.locked) {
    const QVariantList answer = call(bus_, item, item_interface, "Delete", {}, 1);
    wait_for_answer(path_of(answer.at(0)), [&] {
      const Found left = find();
      return !left.open.contains(item) && !left.locked.contains(item);
    });
  }
}

}  // namespace etna::gui
