#pragma once

#include <QtQml/qqmlregistration.h>
#include <QList>
#include <QObject>
#include <QStringList>

#include "gui/hub/trouble.h"

namespace etna::gui {

/// What a person can do when the hub, or the way to it, refuses something (the error catalogue's buttons).
namespace HubWay {
Q_NAMESPACE
QML_ELEMENT

enum Way {
  TryAgain,
  TryNow,
  OpenLibrary,
  AddToken,
  ChangeToken,
  AddCertificate,
  NetworkSettings,
  ProxySettings,
  OfflineSettings,
  OpenPage,  ///< of the model, in the browser
  SearchSimilar
};
Q_ENUM_NS(Way)
}  // namespace HubWay

using HubWays = QList<HubWay::Way>;

/// The ways out of this trouble, the likeliest first. A token is offered to those who have none.
HubWays ways_out(const Trouble& trouble, bool signed_in);

/// The words on their buttons.
QStringList way_texts(const HubWays& ways);

}  // namespace etna::gui
