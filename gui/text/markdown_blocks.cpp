#include "gui/text/markdown_blocks.h"

#include <md4c.h>

#include <QTextDocumentFragment>
#include <QUrl>
#include <algorithm>
#include <vector>

namespace etna::gui {
namespace {

// Deeper nesting than this is drawn like this: a screen has no room for more.
constexpr int max_depth = 6;
// A table wider than this is no table a person reads.
constexpr unsigned max_columns = 64;

/// Collects md4c's events. Inline text goes into the open block; a block closes when the next one starts.
class Builder {
public:
  QVector<Block> blocks;

  void enter(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE: close(); ++quote_depth_; break;
      case MD_BLOCK_UL: close(); lists_.push_back({}); break;
      case MD_BLOCK_OL:
        close();
        lists_.push_back({true, static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start});
        break;
      case MD_BLOCK_LI: begin_item(*static_cast<MD_BLOCK_LI_DETAIL*>(detail)); break;
      case MD_BLOCK_HR: close(); begin(Block::Kind::rule); close(); break;
      case MD_BLOCK_H:
        begin(Block::Kind::heading);
        open_.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
      case MD_BLOCK_CODE: begin_code(*static_cast<MD_BLOCK_CODE_DETAIL*>(detail)); break;
      case MD_BLOCK_P: begin_paragraph(); break;
      case MD_BLOCK_TABLE:
        begin(Block::Kind::table);
        open_.columns = static_cast<int>(std::min(static_cast<MD_BLOCK_TABLE_DETAIL*>(detail)->col_count, max_columns));
        break;
      case MD_BLOCK_TR: column_ = 0; break;
      default: break;
    }
  }

  void leave(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_QUOTE: close(); --quote_depth_; break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL: close(); lists_.pop_back(); break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: end_cell(); break;
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
      case MD_SPAN_EM: open_.text += QLatin1String("<i>"); break;
      case MD_SPAN_STRONG: open_.text += QLatin1String("<b>"); break;
      case MD_SPAN_DEL: open_.text += QLatin1String("<s>"); break;
      case MD_SPAN_CODE: open_.text += QLatin1String("<code>"); break;
      case MD_SPAN_A: begin_link(static_cast<MD_SPAN_A_DETAIL*>(detail)->href); break;
      case MD_SPAN_IMG: begin_link(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src); break;
      default: break;
    }
  }

  void leave(MD_SPANTYPE type) {
    switch (type) {
      case MD_SPAN_EM: open_.text += QLatin1String("</i>"); break;
      case MD_SPAN_STRONG: open_.text += QLatin1String("</b>"); break;
      case MD_SPAN_DEL: open_.text += QLatin1String("</s>"); break;
      case MD_SPAN_CODE: open_.text += QLatin1String("</code>"); break;
      case MD_SPAN_A:
      case MD_SPAN_IMG:
        if (links_.empty()) break;
        if (links_.back()) open_.text += QLatin1String("</a>");
        links_.pop_back();
        break;
      default: break;
    }
  }

  void text(MD_TEXTTYPE type, const QString& piece) {
    switch (type) {
      case MD_TEXT_NULLCHAR: append(QString(QChar::ReplacementCharacter)); break;
      case MD_TEXT_BR: open_.text += QLatin1String("<br>"); open_.plain += u'\n'; break;
      case MD_TEXT_SOFTBR: append(QStringLiteral(" ")); break;
      case MD_TEXT_ENTITY:
        append(QTextDocumentFragment::fromHtml(piece).toPlainText());
        break;
      default: append(piece); break;
    }
  }

  void close() {
    if (!is_open_) return;
    is_open_ = false;
    if (open_.kind == Block::Kind::code) {
      if (open_.plain.endsWith(u'\n')) open_.plain.chop(1);
      open_.text = open_.plain.toHtmlEscaped().replace(u'\n', QLatin1String("<br>"));
    }
    const bool empty_text = open_.text.isEmpty() && open_.marker.isEmpty();
    const bool needs_text = open_.kind == Block::Kind::paragraph || open_.kind == Block::Kind::list_item;
    if (!(empty_text && needs_text)) blocks.push_back(std::move(open_));
    open_ = {};
    links_.clear();
  }

private:
  struct List {
    bool ordered = false;
    unsigned next = 1;
  };

  void begin(Block::Kind kind) {
    close();
    is_open_ = true;
    open_ = {};
    open_.kind = kind;
    open_.quote_depth = std::min(quote_depth_, max_depth);
  }

  void begin_item(const MD_BLOCK_LI_DETAIL& detail) {
    begin(Block::Kind::list_item);
    open_.level = std::clamp(static_cast<int>(lists_.size()), 1, max_depth);
    if (lists_.empty()) return;
    List& list = lists_.back();
    if (detail.is_task) {
      open_.marker = detail.task_mark == ' ' ? QStringLiteral("☐") : QStringLiteral("☑");
    } else {
      open_.marker = list.ordered ? QString::number(list.next++) + u'.' : QStringLiteral("•");
    }
  }

  void begin_paragraph() {
    // The first paragraph of a list item is the item.
    if (is_open_ && open_.kind == Block::Kind::list_item && open_.text.isEmpty()) return;
    begin(lists_.empty() ? Block::Kind::paragraph : Block::Kind::list_item);
    if (!lists_.empty()) open_.level = std::min(static_cast<int>(lists_.size()), max_depth);
  }

  void begin_code(const MD_BLOCK_CODE_DETAIL& detail) {
    begin(Block::Kind::code);
    open_.level = std::min(static_cast<int>(lists_.size()), max_depth);
    if (detail.lang.text) open_.language = QString::fromUtf8(detail.lang.text, static_cast<int>(detail.lang.size));
  }

  void begin_link(const MD_ATTRIBUTE& target) {
    const QUrl url(QString::fromUtf8(target.text, static_cast<int>(target.size)), QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool safe = scheme == QLatin1String("http") || scheme == QLatin1String("https") || scheme == QLatin1String("mailto");
    links_.push_back(safe);
    if (safe) open_.text += QLatin1String("<a href=\"") + QString::fromLatin1(url.toEncoded()).toHtmlEscaped() + QLatin1String("\">");
  }

  void end_cell() {
    if (column_ < open_.columns) open_.cells << open_.text;
    ++column_;
    open_.text.clear();
    open_.plain += u'\t';
  }

  void append(const QString& piece) {
    open_.plain += piece;
    if (open_.kind != Block::Kind::code) open_.text += piece.toHtmlEscaped();
  }

  bool is_open_ = false;
  Block open_;
  std::vector<List> lists_;
  std::vector<bool> links_;  ///< of the open link spans: whether an <a> was written
  int quote_depth_ = 0;
  int column_ = 0;
};

Builder& builder(void* user) { return *static_cast<Builder*>(user); }

}  // namespace

QVector<Block> markdown_blocks(const QString& markdown) {
  MD_PARSER parser = {};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML | MD_FLAG_PERMISSIVEURLAUTOLINKS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* user) { builder(user).enter(type, detail); return 0; };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* user) { builder(user).leave(type); return 0; };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* user) { builder(user).enter(type, detail); return 0; };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* user) { builder(user).leave(type); return 0; };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* user) {
    builder(user).text(type, QString::fromUtf8(text, static_cast<int>(size)));
    return 0;
  };

  const QByteArray source = markdown.toUtf8();
  Builder result;
  md_parse(source.constData(), static_cast<MD_SIZE>(source.size()), &parser, &result);
  result.close();
  return result.blocks;
}

}  // namespace etna::gui
