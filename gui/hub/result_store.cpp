#include "gui/hub/result_store.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include "hub/names.h"

namespace etna::gui {
namespace {

constexpr qint64 largest_file = 4 << 20;
constexpr int most_models = 200;

QString text(const std::string& value) {
  return QString::fromStdString(value);
}

std::uint64_t count(const QJsonValue& value) {
  return static_cast<std::uint64_t>(std::max(0.0, value.toDouble()));
}

QJsonObject to_json(const hub::ModelSummary& model) {
  QJsonArray tags, elements;
  for (const std::string& tag : model.tags) tags << text(tag);
  for (const hub::ElementCount& part : model.elements)
    elements << QJsonObject{{QStringLiteral("dtype"), text(part.dtype)},
                            {QStringLiteral("elements"), static_cast<double>(part.elements)}};
  return {{QStringLiteral("id"), text(model.id)},
          {QStringLiteral("changed"), text(model.last_modified)},
          {QStringLiteral("downloads"), static_cast<double>(model.downloads)},
          {QStringLiteral("likes"), static_cast<double>(model.likes)},
          {QStringLiteral("access"), static_cast<int>(model.access)},
          {QStringLiteral("task"), text(model.task)},
          {QStringLiteral("license"), text(model.license)},
          {QStringLiteral("model_type"), text(model.model_type)},
          {QStringLiteral("architecture"), text(model.architecture)},
          {QStringLiteral("parameters"), static_cast<double>(model.parameters)},
          {QStringLiteral("tags"), tags},
          {QStringLiteral("elements"), elements}};
}

std::optional<hub::ModelSummary> from_json(const QJsonObject& object) {
  const auto word = [&](const char* key) { return object.value(QLatin1String(key)).toString().toStdString(); };
  hub::ModelSummary model;
  model.id = word("id");
  if (hub::wrong_with_repository_id(model.id)) return {};
  model.last_modified = word("changed");
  model.downloads = count(object.value(QLatin1String("downloads")));
  model.likes = count(object.value(QLatin1String("likes")));
  const int access = object.value(QLatin1String("access")).toInt();
  model.access = access == 1 ? hub::Access::automatic : access == 2 ? hub::Access::manual : hub::Access::open;
  model.task = word("task");
  model.license = word("license");
  model.model_type = word("model_type");
  model.architecture = word("architecture");
  model.parameters = count(object.value(QLatin1String("parameters")));
  for (const QJsonValue& tag : object.value(QLatin1String("tags")).toArray())
    model.tags.push_back(tag.toString().toStdString());
  for (const QJsonValue& part : object.value(QLatin1String("elements")).toArray())
    model.elements.push_back({part.toObject().value(QLatin1String("dtype")).toString().toStdString(),
                              count(part.toObject().value(QLatin1String("elements")))});
  return model;
}

}  // namespace

void keep_results(const QString& file, const KeptResults& results) {
  QJsonArray models;
  for (const hub::ModelSummary& model : results.models)
    if (models.size() < most_models) models << to_json(model);
  const QJsonObject root = {{QStringLiteral("date"), results.date.toString(Qt::ISODate)},
                            {QStringLiteral("models"), models}};
  QDir().mkpath(QFileInfo(file).path());
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly)) return;
  out.write(QJsonDocument(root).toJson(QJsonDocument::Compact));
  out.commit();
}

std::optional<KeptResults> kept_results(const QString& file) {
  QFile in(file);
  if (in.size() > largest_file || !in.open(QIODevice::ReadOnly)) return {};
  const QJsonObject root = QJsonDocument::fromJson(in.readAll()).object();
  KeptResults results;
  results.date = QDate::fromString(root.value(QLatin1String("date")).toString(), Qt::ISODate);
  for (const QJsonValue& value : root.value(QLatin1String("models")).toArray())
    if (std::optional<hub::ModelSummary> model = from_json(value.toObject()))
      results.models.push_back(std::move(*model));
  if (!results.date.isValid() || results.models.empty()) return {};
  return results;
}

}  // namespace etna::gui
