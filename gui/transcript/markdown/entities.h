#pragma once

#include <QString>

namespace etna::gui {

/// The character of an HTML entity ("&amp;", "&#8594;"); what is none stays as it is.
QString entity_text(const QString& entity);

}  // namespace etna::gui
