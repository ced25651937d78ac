#include "engine/training/data/findings.h"

#include <fmt/ranges.h>

#include "engine/base/error.h"

namespace etna::training {

namespace {

struct NamedFix {
  const char* name;
  FixKind kind;
  bool DataFixes::*chosen;
};

constexpr NamedFix named_fixes[] = {
    {"skip_unreadable", FixKind::skip_unreadable, &DataFixes::skip_unreadable},
    {"skip_incomplete", FixKind::skip_incomplete, &DataFixes::skip_incomplete},
    {"join_messages", FixKind::join_messages, &DataFixes::join_messages},
    {"skip_roles", FixKind::skip_roles, &DataFixes::skip_roles},
    {"skip_long", FixKind::skip_long, &DataFixes::skip_long},
    {"remove_duplicates", FixKind::remove_duplicates, &DataFixes::remove_duplicates},
    {"read_windows_1252", FixKind::read_windows_1252, &DataFixes::read_windows_1252},
};

}  // namespace

const char* words(DataPart part) {
  switch (part) {
    case DataPart::train: return "training";
    case DataPart::valid: return "check";
    case DataPart::test: return "test";
  }
  return "";
}

void apply(const Fix& fix, DataFixes& fixes) {
  for (const NamedFix& known : named_fixes) {
    if (known.kind == fix.kind) fixes.*known.chosen = true;
  }
}

std::vector<std::string> names(const DataFixes& fixes) {
  std::vector<std::string> result;
  for (const NamedFix& known : named_fixes) {
    if (fixes.*known.chosen) result.emplace_back(known.name);
  }
  return result;
}

DataFixes fixes_named(const std::vector<std::string>& names) {
  DataFixes fixes;
  for (const std::string& name : names) {
    bool found = false;
    for (const NamedFix& known : named_fixes) {
      if (name != known.name) continue;
      fixes.*known.chosen = true;
      found = true;
    }
    if (found) continue;
    std::vector<std::string> all;
    for (const NamedFix& known : named_fixes) all.emplace_back(known.name);
    fail(Errc::invalid_argument, "fixes: '{}' is not known; known are {}", name, fmt::join(all, ", "));
  }
  return fixes;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, " ");
  return digits;
}

}  // namespace etna::training
