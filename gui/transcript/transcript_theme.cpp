#include "gui/transcript/transcript_theme.h"

#include <QMetaProperty>

namespace etna::gui {

void TranscriptTheme::take(const TranscriptTheme& other) {
  const QMetaObject& meta = staticMetaObject;
  for (int i = meta.propertyOffset(); i < meta.propertyCount(); ++i) {
    const QMetaProperty property = meta.property(i);
    property.write(this, property.read(&other));
  }
}

}  // namespace etna::gui
