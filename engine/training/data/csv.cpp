#include "engine/training/data/csv.h"

#include <algorithm>

namespace etna::training {

std::optional<std::vector<std::string>> csv_fields(std::string_view record, char separator) {
  if (record.ends_with('\r')) record.remove_suffix(1);
  std::vector<std::string> fields;
  for (std::size_t at = 0;; ++at) {
    if (fields.size() == most_csv_fields) return std::nullopt;
    std::string& field = fields.emplace_back();
    if (at < record.size() && record[at] == '"') {
      for (++at;; ++at) {
        const std::size_t quote = record.find('"', at);
        if (quote == record.npos) return std::nullopt;
        field += record.substr(at, quote - at);
        at = quote + 1;
        if (at == record.size() || record[at] != '"') break;
        field += '"';
      }
    }
    const std::size_t end = std::min(record.find(separator, at), record.size());
    field += record.substr(at, end - at);
    if (end == record.size()) return fields;
    at = end;
  }
}

char csv_separator(std::string_view line) {
  char best = ',';
  for (const char candidate : {';', '\t'}) {
    if (std::ranges::count(line, candidate) > std::ranges::count(line, best)) best = candidate;
  }
  return best;
}

}  // namespace etna::training
