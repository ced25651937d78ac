#pragma once

#include <QString>
#include <array>

#include "engine/session/memory_messages.h"
#include "gui/plot/plot_data.h"

/// What memory is used for, as bars, legends and the time line show it.
namespace etna::gui {

/// In the order of a bar.
enum class MemoryKind { other_programs, weights, adapter, context, prompt_cache, working, training, app, free };
inline constexpr std::size_t memory_kinds = 9;

MemoryKind kind_of(const std::string& tag);
QString kind_name(MemoryKind kind);
int kind_color(MemoryKind kind);  ///< index of Tokens.chart
Pattern kind_pattern(MemoryKind kind);

/// A pool's bytes by kind; nothing twice. They add up to the pool, or to what is in use where that is more. What is
/// kept for reuse or lost to rests of slabs is working memory.
std::array<std::uint64_t, memory_kinds> split(const MemoryPoolStatus& pool);

}  // namespace etna::gui
