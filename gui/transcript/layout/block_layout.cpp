#include "gui/transcript/layout/block_layout.h"

#include <algorithm>
#include <cmath>

#include "gui/transcript/layout/card_layout.h"
#include "gui/transcript/layout/code_layout.h"
#include "gui/transcript/layout/paragraph_layout.h"
#include "gui/transcript/layout/table_layout.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

// What a letter takes of a line, and a line break of one, on average.
constexpr double letter_width = 0.47;

double lines_for(qsizetype letters, qsizetype breaks, double width, double pixels) {
  const double per_line = std::max(1.0, width / (letter_width * pixels));
  return std::max(1.0, std::ceil(static_cast<double>(letters) / per_line) + static_cast<double>(breaks) * 0.5);
}

}  // namespace

std::unique_ptr<BlockLayout> make_layout(const MessageBlock& block, const BlockState& state,
                                         const TranscriptTheme& theme) {
  switch (block.kind) {
    case Kind::paragraph:
    case Kind::heading:
    case Kind::list_item:
    case Kind::thought: return std::make_unique<ParagraphLayout>(block, theme);
    case Kind::code: return std::make_unique<CodeLayout>(block, state, theme);
    case Kind::table: return std::make_unique<TableLayout>(block, state, theme);
    case Kind::formula: return std::make_unique<FormulaLayout>(block, state, theme);
    case Kind::tool_call: return std::make_unique<ToolCallLayout>(block, theme);
    case Kind::own: return std::make_unique<BubbleLayout>(block, theme);
    case Kind::rule: return std::make_unique<RuleLayout>(block, theme);
    case Kind::attachment:
    case Kind::image: return std::make_unique<ControlLayout>(theme.scaled(36) + length::s);
    case Kind::thinking:
    case Kind::footer: return std::make_unique<ControlLayout>(theme.scaled(32));
  }
  return nullptr;
}

double gap_above(const MessageBlock& block, bool first, const TranscriptTheme&) {
  if (first || block.continues) return 0;
  switch (block.kind) {
    case Kind::heading: return length::xl;
    case Kind::list_item:
    case Kind::thought: return length::s;
    case Kind::attachment:
    case Kind::own: return block.level > 0 ? 0 : length::s;
    case Kind::thinking:
    case Kind::footer: return 0;
    case Kind::formula: return length::xs;
    default: return length::m;
  }
}

double estimated_height(const MessageBlock& block, double width, const TranscriptTheme& theme) {
  const qsizetype letters = block.content.text.size();
  switch (block.kind) {
    case Kind::code: {
      const qsizetype lines = std::min<qsizetype>(block.content.text.count(u'\n') + 1, folded_lines);
      return theme.scaled(36) + 2 * length::m + static_cast<double>(lines) * theme.scaled(20);
    }
    case Kind::table:
      return static_cast<double>(block.cells.size() / std::max(1, block.columns)) * (theme.scaled(20) + 2 * length::s);
    case Kind::rule: return 2 * length::s + 1;
    case Kind::thinking:
    case Kind::footer: return theme.scaled(32);
    case Kind::formula: return theme.scaled(48);
    case Kind::attachment: return theme.scaled(36) + length::s;
    case Kind::tool_call: return theme.scaled(64);
    case Kind::own:
      return lines_for(letters, block.content.text.count(u'\n'), width * 0.8, theme.scaled(15)) * theme.scaled(24) + 20;
    case Kind::thought: return lines_for(letters, 0, width, theme.scaled(14)) * theme.scaled(20);
    default: return lines_for(letters, 0, width, theme.scaled(15)) * theme.scaled(24);
  }
}

}  // namespace etna::gui
