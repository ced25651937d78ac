#pragma once

#include <QString>

#include "engine/session/memory_messages.h"
#include "gui/plot/bar_list.h"

/// Memory in words. No sentence ever holds a number that is none, whatever the engine says.
namespace etna::gui {

QString pressure_word(MemoryPressure pressure);  ///< "calm", "busy", "tight", "critical"

/// "Memory is calm. Etna uses 7.3 of 31.2 GiB; 14.9 GiB are free for models."
QString memory_sentence(const MemoryStatus& status);

/// A pool's bar: "12.2 of 15.5 GiB in use · Etna may use 12 GiB".
Bar pool_bar(const MemoryPoolStatus& pool);

/// What is known beside, a line each: pressure, reuse, pages of files, peaks, the engine's own lines.
QStringList memory_details(const MemoryStatus& status);

/// Everything as plain text, for a message to somebody who helps.
QString memory_report(const MemoryStatus& status);

}  // namespace etna::gui
