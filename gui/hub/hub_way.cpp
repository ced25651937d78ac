#include "gui/hub/hub_way.h"

#include <QCoreApplication>

namespace etna::gui {
namespace {

using namespace HubWay;

QString text_of(Way way) {
  const auto translated = [](const char* text) { return QCoreApplication::translate("HubWay", text); };
  switch (way) {
    case TryAgain: return translated(QT_TRANSLATE_NOOP("HubWay", "Try again"));
    case TryNow: return translated(QT_TRANSLATE_NOOP("HubWay", "Try now"));
    case OpenLibrary: return translated(QT_TRANSLATE_NOOP("HubWay", "Library"));
    case AddToken: return translated(QT_TRANSLATE_NOOP("HubWay", "Add a token…"));
    case ChangeToken: return translated(QT_TRANSLATE_NOOP("HubWay", "Change the token…"));
    case AddCertificate: return translated(QT_TRANSLATE_NOOP("HubWay", "Add a certificate…"));
    case HubWay::NetworkSettings: return translated(QT_TRANSLATE_NOOP("HubWay", "Network settings"));
    case ProxySettings: return translated(QT_TRANSLATE_NOOP("HubWay", "Proxy settings"));
    case OfflineSettings: return translated(QT_TRANSLATE_NOOP("HubWay", "Go online…"));
    case OpenPage: return translated(QT_TRANSLATE_NOOP("HubWay", "Open on Hugging Face"));
    case SearchSimilar: return translated(QT_TRANSLATE_NOOP("HubWay", "Search for its name"));
  }
  return {};
}

}  // namespace

HubWays ways_out(const Trouble& trouble, bool signed_in) {
  const QString& code = trouble.code;
  if (trouble.by_choice) return {OfflineSettings};
  if (code == QLatin1String("E-NET-02")) return {TryAgain, HubWay::NetworkSettings};
  if (code == QLatin1String("E-NET-03")) return {AddCertificate, TryAgain};
  if (code == QLatin1String("E-NET-04")) return {ProxySettings, TryAgain};
  if (code == QLatin1String("E-NET-05")) return signed_in ? HubWays{TryNow} : HubWays{TryNow, AddToken};
  if (code == QLatin1String("E-HUB-01"))
    return trouble.must_sign_in ? HubWays{AddToken, OpenPage, TryAgain} : HubWays{OpenPage, TryAgain, ChangeToken};
  if (code == QLatin1String("E-HUB-02")) return {ChangeToken, TryAgain};
  if (code == QLatin1String("E-HUB-03")) return signed_in ? HubWays{SearchSimilar} : HubWays{SearchSimilar, AddToken};
  return {TryAgain};
}

QStringList way_texts(const HubWays& ways) {
  QStringList texts;
  for (const Way way : ways) texts << text_of(way);
  return texts;
}

}  // namespace etna::gui
