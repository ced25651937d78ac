#include "gui/transcript/markdown/markdown_parser.h"

#include <md4c.h>

#include <QUrl>
#include <algorithm>
#include <vector>

#include "gui/transcript/markdown/entities.h"
#include "gui/transcript/markdown/math_mask.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

// Deeper nesting than this is drawn like this: a screen has no room for more.
constexpr int max_depth = 6;
// A table wider than this is no table a person reads.
constexpr unsigned max_columns = 64;
// Spaces, line ends and the like must not hide where a link goes.
constexpr qsizetype longest_link = 2000;

QString safe_link(const QString& target) {
  if (target.size() > longest_link) return {};
  const QUrl url(target, QUrl::StrictMode);
  const QString scheme = url.scheme();
  const bool safe =
      scheme == QLatin1String("http") || scheme == QLatin1String("https") || scheme == QLatin1String("mailto");
  return safe ? QString::fromLatin1(url.toEncoded()) : QString();
}

/// Collects md4c's events. Inline text goes into the open block; a block closes when the next one starts.
class Builder {
public:
  Builder(const MaskedMath& math, int number) : math_(math), number_(number) {}

  QVector<MessageBlock> blocks;

  void enter(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE:
        close();
        ++quote_depth_;
        break;
      case MD_BLOCK_UL:
        close();
        lists_.push_back({});
        break;
      case MD_BLOCK_OL: begin_numbered(*static_cast<MD_BLOCK_OL_DETAIL*>(detail)); break;
      case MD_BLOCK_LI: begin_item(*static_cast<MD_BLOCK_LI_DETAIL*>(detail)); break;
      case MD_BLOCK_HR:
        begin(Kind::rule);
        close();
        break;
      case MD_BLOCK_H:
        begin(Kind::heading);
        open_.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
      case MD_BLOCK_CODE: begin_code(*static_cast<MD_BLOCK_CODE_DETAIL*>(detail)); break;
      case MD_BLOCK_P: begin_paragraph(); break;
      case MD_BLOCK_TABLE:
        begin(Kind::table);
        open_.columns = static_cast<int>(std::min(static_cast<MD_BLOCK_TABLE_DETAIL*>(detail)->col_count, max_columns));
        break;
      case MD_BLOCK_TR: column_ = 0; break;
      case MD_BLOCK_TH: begin_heading_cell(static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align); break;
      default: break;
    }
  }

  void leave(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_QUOTE:
        close();
        --quote_depth_;
        break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        close();
        lists_.pop_back();
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: end_cell(); break;
      case MD_BLOCK_TR: fill_row(); break;
      case MD_BLOCK_LI:
      case MD_BLOCK_H:
      case MD_BLOCK_CODE:
      case MD_BLOCK_P:
      case MD_BLOCK_TABLE: close(); break;
      default: break;
    }
  }

  void enter(MD_SPANTYPE type, void* detail) {
    switch (type) {
      case MD_SPAN_EM: ++depth_[1]; break;
      case MD_SPAN_STRONG: ++depth_[0]; break;
      case MD_SPAN_DEL: ++depth_[2]; break;
      case MD_SPAN_CODE: ++depth_[3]; break;
      case MD_SPAN_A: links_.push_back({target(static_cast<MD_SPAN_A_DETAIL*>(detail)->href), false}); break;
      case MD_SPAN_IMG: links_.push_back({target(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src), true}); break;
      default: break;
    }
  }

  void leave(MD_SPANTYPE type) {
    switch (type) {
      case MD_SPAN_EM: --depth_[1]; break;
      case MD_SPAN_STRONG: --depth_[0]; break;
      case MD_SPAN_DEL: --depth_[2]; break;
      case MD_SPAN_CODE: --depth_[3]; break;
      case MD_SPAN_A:
      case MD_SPAN_IMG:
        if (!links_.empty()) links_.pop_back();
        break;
      default: break;
    }
  }

  void text(MD_TEXTTYPE type, const QString& piece) {
    switch (type) {
      case MD_TEXT_NULLCHAR: append(QString(QChar::ReplacementCharacter)); break;
      case MD_TEXT_BR: append(QString(QChar(u'\n'))); break;
      case MD_TEXT_SOFTBR: append(QStringLiteral(" ")); break;
      case MD_TEXT_ENTITY: append(entity_text(piece)); break;
      case MD_TEXT_CODE: append(math_.unmask(piece)); break;
      default: append_with_math(piece); break;
    }
  }

  void close() {
    if (is_open_) finish_block();
    is_open_ = false;
  }

private:
  struct List {
    bool numbered = false;
    unsigned number = 0;
  };

  struct Link {
    QString target;
    bool image = false;
  };

  int list_level() const { return std::min(static_cast<int>(lists_.size()), max_depth); }

  void begin(Kind kind) {
    close();
    open_ = MessageBlock{};
    open_.kind = kind;
    open_.quote_depth = std::min(quote_depth_, max_depth);
    open_.quote_goes_on = !blocks.isEmpty() && quote_depth_ > 0 && blocks.back().quote_depth > 0;
    is_open_ = true;
    column_ = 0;
  }

  void begin_numbered(const MD_BLOCK_OL_DETAIL& detail) {
    close();
    const bool outermost = lists_.empty() && number_ >= 0;
    lists_.push_back({true, outermost ? static_cast<unsigned>(number_) : detail.start});
    if (outermost) number_ = -1;
  }

  void begin_item(const MD_BLOCK_LI_DETAIL& detail) {
    begin(Kind::list_item);
    open_.level = list_level();
    List& list = lists_.back();
    if (detail.is_task) {
      open_.marker = detail.task_mark == ' ' ? QStringLiteral("☐") : QStringLiteral("☑");
    } else {
      open_.marker = list.numbered ? QString::number(list.number) + u'.' : QStringLiteral("•");
    }
    ++list.number;
    item_is_fresh_ = true;
  }

  void begin_paragraph() {
    // The first paragraph of a list item is the item.
    if (is_open_ && open_.kind == Kind::list_item && item_is_fresh_) {
      item_is_fresh_ = false;
      return;
    }
    begin(lists_.empty() ? Kind::paragraph : Kind::list_item);
    open_.level = list_level();
  }

  void begin_code(const MD_BLOCK_CODE_DETAIL& detail) {
    begin(Kind::code);
    open_.level = list_level();
    if (detail.lang.text)
      open_.title = QString::fromUtf8(detail.lang.text, static_cast<int>(detail.lang.size)).left(40);
  }

  void begin_heading_cell(MD_ALIGN align) {
    if (column_ >= open_.columns) return;
    open_.alignments << (align == MD_ALIGN_LEFT     ? CellAlignment::left
                         : align == MD_ALIGN_CENTER ? CellAlignment::centre
                         : align == MD_ALIGN_RIGHT  ? CellAlignment::right
                                                    : CellAlignment::natural);
  }

  void end_cell() {
    if (column_ < open_.columns) open_.cells << std::exchange(open_.content, {});
    open_.content = {};
    ++column_;
  }

  void fill_row() {
    while (open_.columns > 0 && open_.cells.size() % open_.columns != 0) open_.cells << RichText();
  }

  QString target(const MD_ATTRIBUTE& attribute) {
    return safe_link(math_.unmask(QString::fromUtf8(attribute.text, static_cast<int>(attribute.size))));
  }

  void append(const QString& piece) { append(piece, {}); }

  void append(const QString& piece, const QString& formula) {
    if (!is_open_ || piece.isEmpty()) return;
    RichText& content = open_.content;
    TextSpan span{.start = static_cast<int>(content.text.size()), .length = static_cast<int>(piece.size())};
    content.text += piece;
    if (open_.kind == Kind::code) return;
    for (int i = 0; i < 4; ++i) {
      if (depth_[i] > 0) span.styles |= static_cast<TextStyle>(1 << i);
    }
    if (!links_.empty()) {
      span.link = links_.back().target;
      span.image = links_.back().image && !span.link.isEmpty();
    }
    span.formula = formula;
    span.display = !formula.isEmpty() && is_display_math(formula);
    if (!span.styles && span.link.isEmpty() && formula.isEmpty()) return;
    if (!content.spans.isEmpty() && formula.isEmpty()) {
      TextSpan& before = content.spans.back();
      const bool same = before.start + before.length == span.start && before.styles == span.styles &&
                        before.link == span.link && before.formula.isEmpty() && before.image == span.image;
      if (same) {
        before.length += span.length;
        return;
      }
    }
    content.spans << span;
  }

  void append_with_math(const QString& piece) {
    qsizetype at = 0;
    for (;;) {
      const qsizetype begin = piece.indexOf(QChar(math_begin), at);
      const qsizetype end = begin < 0 ? -1 : piece.indexOf(QChar(math_end), begin);
      if (end < 0) break;
      append(piece.mid(at, begin - at));
      append(QString(QChar(QChar::ObjectReplacementCharacter)),
             math_.sources.value(QStringView(piece).mid(begin + 1, end - begin - 1).toInt()));
      at = end + 1;
    }
    append(piece.mid(at));
  }

  void finish_block() {
    item_is_fresh_ = false;
    const bool text = open_.kind == Kind::paragraph || open_.kind == Kind::list_item;
    if (text && open_.content.text.isEmpty() && open_.marker.isEmpty()) return;
    if (open_.kind == Kind::code && open_.content.text.endsWith(u'\n')) open_.content.text.chop(1);
    if (open_.kind == Kind::table && open_.columns == 0) return;
    if (open_.kind == Kind::paragraph && is_lone_image()) open_.kind = Kind::image;
    if (text) return split_at_formulas();
    blocks << open_;
  }

  bool is_lone_image() const {
    const RichText& content = open_.content;
    return content.spans.size() == 1 && content.spans[0].image && content.spans[0].start == 0 &&
           content.spans[0].length == content.text.size();
  }

  /// A formula on a line of its own is a block of its own.
  void split_at_formulas() {
    MessageBlock rest = open_;
    const RichText content = std::exchange(rest.content, {});
    int at = 0;
    const auto flush = [&](int end, qsizetype first_span, qsizetype last_span) {
      int begin = at;
      while (begin < end && content.text[begin].isSpace()) ++begin;
      int stop = end;
      while (stop > begin && content.text[stop - 1].isSpace()) --stop;
      if (stop <= begin) return;
      rest.content.text = content.text.mid(begin, stop - begin);
      rest.content.spans.clear();
      for (qsizetype i = first_span; i < last_span; ++i) {
        TextSpan span = content.spans[i];
        const int from = std::max(span.start, begin), to = std::min(span.start + span.length, stop);
        if (from >= to) continue;
        span.start = from - begin;
        span.length = to - from;
        rest.content.spans << span;
      }
      blocks << rest;
      rest.marker.clear();
      rest.quote_goes_on = rest.quote_depth > 0;
    };
    qsizetype first = 0;
    bool split = false;
    for (qsizetype i = 0; i < content.spans.size(); ++i) {
      const TextSpan& span = content.spans[i];
      if (!span.display) continue;
      split = true;
      flush(span.start, first, i);
      MessageBlock formula = rest;
      formula.kind = Kind::formula;
      formula.content = {span.formula, {}};
      blocks << formula;
      rest.marker.clear();
      rest.quote_goes_on = rest.quote_depth > 0;
      at = span.start + span.length;
      first = i + 1;
    }
    if (!split) {
      blocks << open_;
    } else {
      flush(static_cast<int>(content.text.size()), first, content.spans.size());
    }
  }

  const MaskedMath& math_;
  int number_;
  bool is_open_ = false;
  bool item_is_fresh_ = false;  ///< the open list item has no paragraph yet
  MessageBlock open_;
  std::vector<List> lists_;
  std::vector<Link> links_;
  int depth_[4] = {};  ///< open spans: bold, italic, strike, code
  int quote_depth_ = 0;
  int column_ = 0;
};

Builder& builder(void* user) {
  return *static_cast<Builder*>(user);
}

QVector<MessageBlock> run_md4c(const QString& markdown, const MaskedMath& math, int number) {
  MD_PARSER parser = {};
  parser.flags =
      MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML | MD_FLAG_PERMISSIVEURLAUTOLINKS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* user) {
    builder(user).enter(type, detail);
    return 0;
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* user) {
    builder(user).leave(type);
    return 0;
  };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* user) {
    builder(user).enter(type, detail);
    return 0;
  };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* user) {
    builder(user).leave(type);
    return 0;
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* user) {
    builder(user).text(type, QString::fromUtf8(text, static_cast<int>(size)));
    return 0;
  };
  const QByteArray source = markdown.toUtf8();
  Builder result(math, number);
  md_parse(source.constData(), static_cast<MD_SIZE>(source.size()), &parser, &result);
  result.close();
  return std::move(result.blocks);
}

/// The definitions of those labels that a text names.
QString used_definitions(const QString& markdown, const LinkDefinitions& definitions) {
  QString result;
  QVector<QString> used;
  qsizetype open = markdown.indexOf(u'[');
  while (open >= 0 && !definitions.isEmpty()) {
    const qsizetype close = markdown.indexOf(u']', open);
    if (close < 0) break;
    const qsizetype inner = markdown.lastIndexOf(u'[', close);
    const QString label = markdown.mid(inner + 1, close - inner - 1).toLower();
    const auto found = definitions.constFind(label);
    if (found != definitions.constEnd() && !used.contains(label) && used.size() < 100) {
      used << label;
      result += QLatin1String("\n\n") + *found;
    }
    open = markdown.indexOf(u'[', close);
  }
  return result;
}

}  // namespace

QVector<MessageBlock> parse_chunk(const Chunk& chunk, const LinkDefinitions& definitions) {
  if (chunk.kind == Chunk::Kind::code) {
    MessageBlock block;
    block.kind = Kind::code;
    block.title = chunk.language;
    block.content.text = chunk.source;
    if (block.content.text.endsWith(u'\n')) block.content.text.chop(1);
    return {block};
  }
  const MaskedMath math = mask_math(chunk.source);
  QVector<MessageBlock> blocks = run_md4c(math.text + used_definitions(math.text, definitions), math, chunk.number);
  if (chunk.continues && !blocks.isEmpty()) blocks[0].continues = true;
  return blocks;
}

LinkDefinitions link_definitions(const Chunk& chunk) {
  LinkDefinitions result;
  if (chunk.kind == Chunk::Kind::code || !chunk.source.trimmed().startsWith(u'[')) return result;
  for (const QString& line : chunk.source.split(u'\n', Qt::SkipEmptyParts)) {
    const qsizetype end = line.indexOf(QLatin1String("]:"));
    const QString trimmed = line.trimmed();
    if (end < 2 || !trimmed.startsWith(u'[') || trimmed.startsWith(QLatin1String("[^"))) return {};
    const QString label = line.mid(line.indexOf(u'[') + 1, end - line.indexOf(u'[') - 1).toLower();
    if (label.isEmpty() || label.contains(u'[')) return {};
    if (!result.contains(label)) result.insert(label, trimmed);
  }
  return result;
}

}  // namespace etna::gui
