#pragma once

#include <QString>
#include <cstdint>

namespace etna::gui {

/// "last used just now", "… 12 min ago", "… today at 14:05", "… on 3 March 2026"; of seconds since 1970.
QString used_text(std::int64_t seconds);

}  // namespace etna::gui
