#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/error.h"
#include "hub/api.h"
#include "hub/names.h"
#include "hub/url.h"

namespace etna::hub {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(spaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

std::optional<std::string> decoded(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

/// Value of "file=" in a query; empty if there is none.
std::string_view file_parameter(std::string_view query) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    if (item.starts_with("file=")) return item.substr(5);
    query.remove_prefix(std::min(item.size() + 1, query.size()));
  }
  return {};
}

/// "org/name", "org/name/tree/rev/…", "org/name/blob/rev/file", "org/name:Q4_K_M".
std::optional<PastedModel> from_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  PastedModel model;
  const std::size_t first = path.find('/');
  const std::size_t second = first == path.npos ? path.npos : path.find('/', first + 1);
  std::string_view id = path.substr(0, second);
  if (second == path.npos) {
    if (const std::size_t colon = id.find(':'); colon != id.npos) {
      model.file = id.substr(colon + 1);
      id = id.substr(0, colon);
    }
  } else {
    std::string_view rest = path.substr(second + 1);
    const std::string_view kind = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(kind.size() + 1, rest.size()));
    constexpr std::array kinds = {"tree", "blob", "resolve", "raw", "commit"};
    if (std::ranges::find(kinds, kind) != kinds.end() && !rest.empty()) {
      const std::string_view revision = rest.substr(0, rest.find('/'));
      const auto plain = decoded(revision);
      if (!plain) return std::nullopt;
      model.revision = *plain;
      rest.remove_prefix(std::min(revision.size() + 1, rest.size()));
      const auto file = decoded(rest);
      if (kind != "tree" && kind != "commit" && file) model.file = *file;
    } else if (kind != "discussions" && kind != "tree") {
      return std::nullopt;
    }
  }
  model.id = id;
  if (model.id.find('/') == model.id.npos || wrong_with_repository_id(model.id)) return std::nullopt;
  if (wrong_with_revision(model.revision)) return std::nullopt;
  if (!model.file.empty() && wrong_with_file_name(model.file)) return std::nullopt;
  return model;
}

}  // namespace

std::optional<PastedModel> parse_pasted_model(std::string_view text, std::string_view endpoint) {
  text = trimmed(text);
  if (text.size() > 2048) return std::nullopt;
  constexpr std::string_view own_scheme = "etna://models/huggingface/";
  std::string_view query;
  if (const std::size_t mark = text.find_first_of("?#"); mark != text.npos) {
    query = text[mark] == '?' ? text.substr(mark + 1) : std::string_view();
    query = query.substr(0, query.find('#'));
    text = text.substr(0, mark);
  }
  std::optional<PastedModel> model;
  if (text.starts_with(own_scheme)) {
    model = from_path(text.substr(own_scheme.size()));
    if (const auto file = decoded(file_parameter(query)); model && file && !file->empty()) {
      if (wrong_with_file_name(*file)) return std::nullopt;
      model->file = *file;
    }
    return model;
  }
  std::string_view place = text;
  bool is_address = false;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!place.starts_with(scheme)) continue;
    place.remove_prefix(scheme.size());
    is_address = true;
  }
  std::string_view home = endpoint;
  if (const std::size_t at = home.find("://"); at != home.npos) home.remove_prefix(at + 3);
  for (const std::string_view host : {home, std::string_view("huggingface.co"), std::string_view("www.huggingface.co"),
                                      std::string_view("hf.co")}) {
    if (!host.empty() && place.starts_with(host) && place.substr(host.size()).starts_with('/')) {
      return from_path(place.substr(host.size()));
    }
  }
  if (is_address) return std::nullopt;
  return from_path(place);
}

}  // namespace etna::hub
