#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/generation/output_parser.h"
#include "tests/fuzz/fuzz.h"

namespace etna {
namespace {

/// All pieces as one text; neighbours of a kind joined.
std::string read(const OutputFormat& format, OutputStart start, std::string_view text, std::size_t chunk) {
  OutputParser parser(format, start);
  std::string result;
  char last = '\0';
  const auto add = [&](const std::vector<OutputPiece>& pieces) {
    for (const OutputPiece& piece : pieces) {
      const char kind = piece.call ? 'C' : !piece.error.empty() ? 'E' : piece.kind == OutputKind::answer ? 'A' : 'T';
      if (kind != last || kind == 'C' || kind == 'E') (result += '\0') += kind;
      last = kind;
      result += piece.text + piece.error;
      if (piece.call) result += piece.call->name + ' ' + piece.call->arguments + ' ' + piece.call->id;
    }
  };
  for (std::size_t at = 0; at < text.size(); at += chunk) add(parser.push(text.substr(at, chunk)));
  add(parser.finish());
  return result;
}

}  // namespace
}  // namespace etna

/// Any output is sorted without failing, and how it is cut makes no difference. The first three bytes choose format,
/// thinking and the size of chunks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  if (size < 3) return 0;
  const auto formats = tool_call_formats();
  const auto thinking = thinking_marks();
  const std::size_t tools = data[0] % (formats.size() + 1), marks = data[1] % (thinking.size() + 1);
  const OutputStart start = data[1] >= 128 ? OutputStart::thinking : OutputStart::answer;
  const OutputFormat format{
      .thinking = marks < thinking.size() ? &thinking[marks] : nullptr,
      .tools = tools < formats.size() ? &formats[tools] : nullptr,
      .schemas = ToolSchemas::parse(R"([{"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}}}])"),
  };
  const std::string_view text = fuzz::as_text(data + 3, size - 3);
  const std::size_t chunk = data[2] % 32 + 1;
  fuzz::require(read(format, start, text, chunk) == read(format, start, text, size), "chunks make no difference");
  return 0;
}
