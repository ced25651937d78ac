#include "engine/tokenizer/post_process.h"

#include "engine/tokenizer/json_fields.h"

namespace etna {

namespace {

namespace fields = json_fields;

std::int32_t checked_id(const nlohmann::json& value, std::string_view field, std::string_view where) {
  if (!value.is_number_integer() || value < 0 || value > 2147483647) {
    fail(Errc::corrupt, "{}: {} is {}, not a token id", where, field, value.dump());
  }
  return value.get<std::int32_t>();
}

/// "single" is a list of {"SpecialToken": {"id": name}} and {"Sequence": {"id": "A"}}.
PostProcessor parse_template(const nlohmann::json& section, std::string_view where) {
  PostProcessor result;
  auto* side = &result.before;
  for (const auto& item : fields::array(section, "single", where)) {
    if (fields::find(item, "Sequence", where) != nullptr) {
      side = &result.after;
      continue;
    }
    const auto name = fields::string(fields::require(item, "SpecialToken", where), "id", where);
    const auto& token = fields::require(fields::require(section, "special_tokens", where), name.c_str(), where);
    for (const auto& id : fields::array(token, "ids", where)) side->push_back(checked_id(id, name, where));
  }
  if (side == &result.before) fail(Errc::corrupt, "{}: single has no Sequence", where);
  return result;
}

/// ["token", id].
std::int32_t parse_pair(const nlohmann::json& section, const char* name, std::string_view where) {
  const auto& pair = fields::array(section, name, where);
  if (pair.size() != 2) fail(Errc::corrupt, "{}: {} is not a token and its id", where, name);
  return checked_id(pair[1], name, where);
}

PostProcessor parse_sequence(const nlohmann::json& section, std::string_view where) {
  PostProcessor result;
  for (const auto& part : fields::array(section, "processors", where)) {
    const auto inner = parse_post_processor(part, where);
    result.before.insert(result.before.begin(), inner.before.begin(), inner.before.end());
    result.after.insert(result.after.end(), inner.after.begin(), inner.after.end());
  }
  return result;
}

}  // namespace

PostProcessor parse_post_processor(const nlohmann::json& section, std::string_view where) {
  if (section.is_null()) return {};
  const auto kind = fields::string(section, "type", where);
  if (kind == "ByteLevel") return {};  // only changes the offsets of tokens
  if (kind == "TemplateProcessing") return parse_template(section, where);
  if (kind == "Sequence") return parse_sequence(section, where);
  if (kind == "RobertaProcessing" || kind == "BertProcessing") {
    return {{parse_pair(section, "cls", where)}, {parse_pair(section, "sep", where)}};
  }
  fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
}

}  // namespace etna
