#include "gui/memory/memory_kinds.h"

#include <QCoreApplication>

namespace etna::gui {
namespace {

struct KindLook {
  const char* name;
  int color;
  Pattern pattern;
};

// In the order of MemoryKind. Neighbours differ in colour and in pattern.
constexpr std::array looks = {
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Other programs"), 5, Pattern::stripes},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Weights"), 0, Pattern::solid},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Adapter"), 4, Pattern::stripes},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Context"), 1, Pattern::dots},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Prompt cache"), 2, Pattern::stripes},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Working memory"), 3, Pattern::solid},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Training"), 4, Pattern::dots},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Etna's window"), 6, Pattern::solid},
    KindLook{QT_TRANSLATE_NOOP("MemoryKind", "Free"), 7, Pattern::solid},
};

const KindLook& look_of(MemoryKind kind) {
  return looks.at(static_cast<std::size_t>(kind));
}

}  // namespace

MemoryKind kind_of(const std::string& tag) {
  if (tag == "weights") return MemoryKind::weights;
  if (tag == "adapter") return MemoryKind::adapter;
  if (tag == "kv_cache") return MemoryKind::context;
  if (tag == "prompt_cache") return MemoryKind::prompt_cache;
  if (tag == "training") return MemoryKind::training;
  return MemoryKind::working;
}

QString kind_name(MemoryKind kind) {
  return QCoreApplication::translate("MemoryKind", look_of(kind).name);
}

int kind_color(MemoryKind kind) {
  return look_of(kind).color;
}

Pattern kind_pattern(MemoryKind kind) {
  return look_of(kind).pattern;
}

std::array<std::uint64_t, memory_kinds> split(const MemoryPoolStatus& pool) {
  std::array<std::uint64_t, memory_kinds> bytes{};
  const auto at = [&](MemoryKind kind) -> std::uint64_t& { return bytes[static_cast<std::size_t>(kind)]; };
  at(MemoryKind::other_programs) = pool.other_bytes;
  at(MemoryKind::app) = pool.app_bytes;
  at(MemoryKind::working) = pool.cached_bytes + pool.slack_bytes;
  for (const MemoryUse& use : pool.uses) at(kind_of(use.tag)) += use.bytes;
  std::uint64_t used = 0;
  for (const std::uint64_t part : bytes) used += part;
  at(MemoryKind::free) = pool.total_bytes > used ? pool.total_bytes - used : 0;
  return bytes;
}

}  // namespace etna::gui
