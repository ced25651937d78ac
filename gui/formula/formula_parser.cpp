#include "gui/formula/formula_parser.h"

#include <QStringList>
#include <algorithm>
#include <utility>

#include "gui/formula/formula_reader.h"
#include "gui/formula/formula_symbols.h"

namespace etna::gui {
namespace {

using Kind = FormulaNode::Kind;
using Face = FormulaNode::Face;

constexpr int deepest = 40;
constexpr int most_nodes = 3000;

FormulaNodePointer make(Kind kind) {
  auto node = std::make_unique<FormulaNode>();
  node->kind = kind;
  return node;
}

/// Whether it is given up is one flag: after it, everything returns empty rows and the caller drops the result.
class Parser : private FormulaReader {
public:
  explicit Parser(const QString& source) : FormulaReader(source) {}

  FormulaNodePointer run() {
    FormulaNodePointer node = parse_table_until(QString());
    if (at_ < text_.size()) failed_ = true;
    return failed_ ? nullptr : std::move(node);
  }

private:
  FormulaNodePointer parse_argument() {
    if (peek() == u'{') {
      ++at_;
      FormulaNodePointer row = parse_row(u'}');
      if (peek() != u'}') failed_ = true;
      ++at_;
      return row;
    }
    return parse_atom();
  }

  /// Up to a closing brace or bracket, &, \\, \end, \right or the end; none of them is consumed.
  FormulaNodePointer parse_row(QChar close) {
    FormulaNodePointer row = make(Kind::row);
    if (++depth_ > deepest) failed_ = true;
    while (!failed_) {
      const QChar next = peek();
      if (next.isNull() || next == close || next == u'&' || (next == u'}' && close != u'}')) break;
      const QString command = peek_command();
      if (command == u"\\" || command == u"end" || command == u"right" || command == u"middle" || command == u"cr")
        break;
      FormulaNodePointer node = parse_scripts(parse_atom());
      if (node) row->children.push_back(std::move(node));
    }
    --depth_;
    return row;
  }

  FormulaNodePointer parse_scripts(FormulaNodePointer base) {
    FormulaNodePointer above, below;
    bool limits = base && base->limits;
    while (!failed_) {
      const QChar next = peek();
      const QString command = peek_command();
      if (command == u"limits" || command == u"nolimits") {
        limits = take_command() == u"limits";
      } else if (next == u'^') {
        ++at_;
        FormulaNodePointer script = parse_argument();
        // Behind primes, both stand above.
        if (above && script) {
          above->children.push_back(std::move(script));
        } else {
          above = std::move(script);
        }
      } else if (next == u'_') {
        ++at_;
        if (below) failed_ = true;
        below = parse_argument();
      } else if (next == u'\'') {
        if (!above) above = make(Kind::row);
        if (above->kind != Kind::row) {
          FormulaNodePointer row = make(Kind::row);
          row->children.push_back(std::move(above));
          above = std::move(row);
        }
        while (peek() == u'\'') {
          ++at_;
          above->children.push_back(symbol(QStringLiteral("′"), AtomClass::ordinary, Face::upright));
        }
      } else {
        break;
      }
    }
    if (!above && !below) return base;
    FormulaNodePointer node = make(Kind::scripts);
    node->atom = base ? base->atom : AtomClass::ordinary;
    node->limits = limits;
    if (!base) base = make(Kind::row);
    node->children.push_back(std::move(base));
    node->children.push_back(std::move(above));
    node->children.push_back(std::move(below));
    return node;
  }

  FormulaNodePointer symbol(const QString& text, AtomClass atom, Face face) {
    if (++nodes_ > most_nodes) failed_ = true;
    FormulaNodePointer node = make(Kind::symbol);
    node->text = text;
    node->atom = atom;
    node->face = face;
    return node;
  }

  FormulaNodePointer parse_atom() {
    if (++nodes_ > most_nodes || depth_ > deepest) failed_ = true;
    if (failed_) return make(Kind::row);
    const QChar next = peek();
    if (next == u'{') return parse_argument();
    if (next == u'\\') return parse_command();
    if (next.isNull() || next == u'}' || next == u'&' || next == u'#' || next == u'$') {
      failed_ = true;
      return make(Kind::row);
    }
    if (next == u'^' || next == u'_') return make(Kind::row);
    if (next == u'~') {
      ++at_;
      return space(0.33);
    }
    QString letter(next);
    ++at_;
    if (next.isHighSurrogate() && at_ < text_.size()) letter += text_[at_++];
    if (next.isDigit()) {
      while (at_ < text_.size() &&
             (text_[at_].isDigit() || (text_[at_] == u'.' && at_ + 1 < text_.size() && text_[at_ + 1].isDigit())))
        letter += text_[at_++];
    }
    const AtomClass atom = class_of(next);
    if (next == u'-') letter = QStringLiteral("−");
    if (next == u'*') letter = QStringLiteral("∗");
    const bool italic = next.isLetter() && face_ == Face::italic;
    return symbol(face_ == Face::italic ? letter : styled(letter), atom,
                  italic                  ? Face::italic
                  : face_ == Face::italic ? Face::upright
                                          : face_);
  }

  QString styled(const QString& letter) const {
    return struck_ && letter.size() == 1 ? double_struck(letter[0]) : letter;
  }

  FormulaNodePointer space(double size) {
    FormulaNodePointer node = make(Kind::space);
    node->size = size;
    return node;
  }

  FormulaNodePointer parse_command() {
    const QString command = take_command();
    if (const FormulaSymbol* found = formula_symbol(command)) {
      FormulaNodePointer node = symbol(found->text, found->atom, found->upright ? Face::upright : Face::italic);
      node->limits = found->limits;
      node->big = found->big;
      return node;
    }
    const QString mark = accent_mark(command);
    if (!mark.isEmpty()) return wrap(Kind::accent, mark);
    if (command == u"frac" || command == u"dfrac" || command == u"tfrac" || command == u"cfrac")
      return fraction(command == u"tfrac", false);
    if (command == u"binom" || command == u"dbinom" || command == u"tbinom")
      return in_delimiters(QStringLiteral("("), fraction(false, true), QStringLiteral(")"));
    if (command == u"sqrt") return root();
    if (command == u"left") return left_right();
    if (command == u"begin") return environment();
    if (command == u"overline" || command == u"underline" || command == u"boxed" || command == u"cancel")
      return wrap(Kind::line, command == u"overline"    ? QStringLiteral("over")
                              : command == u"underline" ? QStringLiteral("under")
                              : command == u"boxed"     ? QStringLiteral("box")
                                                        : command);
    if (command == u"overbrace" || command == u"underbrace") {
      FormulaNodePointer node = wrap(Kind::line, command);
      node->limits = true;
      return node;
    }
    if (command == u"overset" || command == u"stackrel" || command == u"underset")
      return stacked(command == u"underset");
    if (command == u"not") return negated();
    if (command == u"pmod" || command == u"mod") return modulo(command == u"pmod");
    if (FormulaNodePointer node = text_command(command)) return node;
    if (FormulaNodePointer node = space_command(command)) return node;
    if (FormulaNodePointer node = sized_delimiter(command)) return node;
    failed_ = true;
    return make(Kind::row);
  }

  FormulaNodePointer wrap(Kind kind, const QString& text) {
    FormulaNodePointer node = make(kind);
    node->text = text;
    node->children.push_back(parse_argument());
    return node;
  }

  FormulaNodePointer fraction(bool small, bool no_line) {
    FormulaNodePointer node = make(Kind::fraction);
    node->small = small;
    node->no_line = no_line;
    node->atom = AtomClass::inner;
    node->children.push_back(parse_argument());
    node->children.push_back(parse_argument());
    return node;
  }

  FormulaNodePointer root() {
    FormulaNodePointer node = make(Kind::root);
    FormulaNodePointer degree;
    if (peek() == u'[') {
      ++at_;
      degree = parse_row(u']');
      if (peek() != u']') failed_ = true;
      ++at_;
    }
    node->children.push_back(parse_argument());
    node->children.push_back(std::move(degree));
    return node;
  }

  FormulaNodePointer in_delimiters(const QString& open, FormulaNodePointer inside, const QString& close) {
    FormulaNodePointer node = make(Kind::delimited);
    node->atom = AtomClass::inner;
    node->text = open;
    node->other_text = close;
    node->children.push_back(std::move(inside));
    return node;
  }

  /// A delimiter; "." is an empty one.
  QString delimiter() {
    const QChar next = peek();
    if (next == u'\\') {
      const FormulaSymbol* found = formula_symbol(take_command());
      if (!found) failed_ = true;
      return found ? found->text : QString();
    }
    ++at_;
    if (next == u'.') return {};
    if (next == u'<') return QStringLiteral("⟨");
    if (next == u'>') return QStringLiteral("⟩");
    if (!QStringLiteral("()[]|/").contains(next)) failed_ = true;
    return QString(next);
  }

  FormulaNodePointer left_right() {
    const QString open = delimiter();
    FormulaNodePointer inside = parse_row(QChar());
    while (!failed_ && peek_command() == u"middle") {
      take_command();
      FormulaNodePointer bar = make(Kind::stretched);
      bar->text = delimiter();
      bar->size = 0;
      inside->children.push_back(std::move(bar));
      FormulaNodePointer more = parse_row(QChar());
      for (auto& child : more->children) inside->children.push_back(std::move(child));
    }
    if (take_command() != u"right") failed_ = true;
    return in_delimiters(open, std::move(inside), failed_ ? QString() : delimiter());
  }

  FormulaNodePointer stacked(bool below) {
    FormulaNodePointer script = parse_argument();
    FormulaNodePointer node = make(Kind::scripts);
    FormulaNodePointer base = parse_argument();
    node->atom = AtomClass::relation;
    node->limits = true;
    // Unlike limits of operators, these stand above in a line of text, too.
    node->big = true;
    node->children.push_back(std::move(base));
    node->children.push_back(below ? nullptr : std::move(script));
    node->children.push_back(below ? std::move(script) : nullptr);
    return node;
  }

  FormulaNodePointer negated() {
    FormulaNodePointer node = parse_atom();
    if (node->kind != Kind::symbol) failed_ = true;
    node->text += QChar(0x0338);
    return node;
  }

  FormulaNodePointer modulo(bool parentheses) {
    FormulaNodePointer row = make(Kind::row);
    row->children.push_back(space(0.6));
    if (parentheses) row->children.push_back(symbol(QStringLiteral("("), AtomClass::opening, Face::upright));
    row->children.push_back(symbol(QStringLiteral("mod"), AtomClass::ordinary, Face::upright));
    row->children.push_back(space(0.33));
    row->children.push_back(parse_argument());
    if (parentheses) row->children.push_back(symbol(QStringLiteral(")"), AtomClass::closing, Face::upright));
    return row;
  }

  FormulaNodePointer text_command(const QString& command) {
    static const QStringList texts = {QStringLiteral("text"),   QStringLiteral("textrm"),    QStringLiteral("mbox"),
                                      QStringLiteral("textbf"), QStringLiteral("textit"),    QStringLiteral("texttt"),
                                      QStringLiteral("textsf"), QStringLiteral("textnormal")};
    if (texts.contains(command)) {
      const Face face = command == u"textbf" ? Face::bold : command == u"texttt" ? Face::mono : Face::text;
      QString text = take_raw_group();
      for (const QChar mark : QStringLiteral("%$#&_{}")) text.replace(u'\\' + QString(mark), QString(mark));
      return symbol(text, AtomClass::ordinary, face);
    }
    if (command == u"operatorname" || command == u"operatorname*") {
      const bool star = peek() == u'*';
      if (star) ++at_;
      FormulaNodePointer node =
          symbol(take_raw_group().remove(u'\\').remove(u','), AtomClass::operation, Face::upright);
      node->limits = star;
      return node;
    }
    const bool struck = command == u"mathbb" || command == u"mathds" || command == u"Bbb";
    Face face = Face::italic;
    if (command == u"mathrm" || struck)
      face = Face::upright;
    else if (command == u"mathbf" || command == u"boldsymbol" || command == u"bm" || command == u"pmb")
      face = Face::bold;
    else if (command == u"mathsf")
      face = Face::sans;
    else if (command == u"mathtt")
      face = Face::mono;
    else if (command != u"mathit" && command != u"mathcal" && command != u"mathscr" && command != u"mathfrak")
      return nullptr;
    const Face before = std::exchange(face_, face);
    const bool struck_before = std::exchange(struck_, struck);
    FormulaNodePointer node = parse_argument();
    face_ = before;
    struck_ = struck_before;
    return node;
  }

  FormulaNodePointer space_command(const QString& command) {
    if (command == u"," || command == u"thinspace") return space(3.0 / 18);
    if (command == u":" || command == u">" || command == u"medspace") return space(4.0 / 18);
    if (command == u";" || command == u"thickspace") return space(5.0 / 18);
    if (command == u"!") return space(-3.0 / 18);
    if (command == u" " || command == u"\n") return space(0.33);
    if (command == u"quad") return space(1);
    if (command == u"qquad") return space(2);
    if (command == u"displaystyle" || command == u"textstyle" || command == u"nonumber" || command == u"notag" ||
        command == u"hfill")
      return space(0);
    if (command == u"label") {
      take_raw_group();
      return space(0);
    }
    if (command != u"tag") return nullptr;
    FormulaNodePointer row = make(Kind::row);
    row->children.push_back(space(2));
    row->children.push_back(symbol(u'(' + take_raw_group() + u')', AtomClass::ordinary, Face::text));
    return row;
  }

  FormulaNodePointer sized_delimiter(const QString& command) {
    static const QStringList sizes = {QStringLiteral("big"), QStringLiteral("Big"), QStringLiteral("bigg"),
                                      QStringLiteral("Bigg")};
    QString name = command;
    AtomClass atom = AtomClass::ordinary;
    if (!sizes.contains(name) && !name.isEmpty()) {
      const QChar side = name.back();
      atom = side == u'l' ? AtomClass::opening : side == u'r' ? AtomClass::closing : AtomClass::relation;
      name.chop(1);
      if (side != u'l' && side != u'r' && side != u'm') return nullptr;
    }
    const qsizetype size = sizes.indexOf(name);
    if (size < 0) return nullptr;
    FormulaNodePointer node = make(Kind::stretched);
    node->atom = atom;
    node->text = delimiter();
    node->size = 1.2 + 0.6 * static_cast<double>(size);
    return node;
  }

  FormulaNodePointer environment() {
    QString name = take_raw_group();
    if (name.endsWith(u'*')) name.chop(1);

    struct Look {
      const char16_t* name;
      const char16_t* open;
      const char16_t* close;
      const char16_t* alignments;
      bool pairs;
    };

    static constexpr Look looks[] = {{u"matrix", u"", u"", u"c", false},      {u"pmatrix", u"(", u")", u"c", false},
                                     {u"bmatrix", u"[", u"]", u"c", false},   {u"Bmatrix", u"{", u"}", u"c", false},
                                     {u"vmatrix", u"|", u"|", u"c", false},   {u"Vmatrix", u"‖", u"‖", u"c", false},
                                     {u"smallmatrix", u"", u"", u"c", false}, {u"cases", u"{", u"", u"l", false},
                                     {u"array", u"", u"", u"c", false},       {u"aligned", u"", u"", u"rl", true},
                                     {u"align", u"", u"", u"rl", true},       {u"split", u"", u"", u"rl", true},
                                     {u"gathered", u"", u"", u"c", false},    {u"gather", u"", u"", u"c", false},
                                     {u"equation", u"", u"", u"rl", true}};
    const Look* look = std::ranges::find_if(looks, [&](const Look& each) { return name == QStringView(each.name); });
    if (look == std::end(looks)) {
      failed_ = true;
      return make(Kind::row);
    }
    QString alignments = QString::fromUtf16(look->alignments);
    if (name == u"array") alignments = take_raw_group().remove(u'|').remove(u' ');
    FormulaNodePointer table = parse_table_until(name);
    table->alignments = alignments;
    table->tight_pairs = look->pairs;
    table->small = name == u"smallmatrix" || name == u"cases";
    const QString open = QString::fromUtf16(look->open), close = QString::fromUtf16(look->close);
    if (open.isEmpty() && close.isEmpty()) return table;
    return in_delimiters(open, std::move(table), close);
  }

  /// Rows and columns up to \end of an environment, or of the whole formula. One single cell of the whole is no table.
  FormulaNodePointer parse_table_until(const QString& name) {
    std::vector<std::vector<FormulaNodePointer>> rows(1);
    while (!failed_) {
      rows.back().push_back(parse_row(QChar()));
      const QString command = peek_command();
      if (peek() == u'&') {
        ++at_;
      } else if (command == u"\\" || command == u"cr") {
        take_command();
        if (peek() == u'[') {
          const qsizetype end = text_.indexOf(u']', at_);
          if (end > 0 && end - at_ < 12) at_ = end + 1;
        }
        while (peek_command() == u"hline") take_command();
        rows.emplace_back();
      } else if (command == u"end" && !name.isEmpty()) {
        take_command();
        QString ends = take_raw_group();
        if (ends.endsWith(u'*')) ends.chop(1);
        if (ends != name) failed_ = true;
        break;
      } else {
        if (!name.isEmpty() || at_ < text_.size()) failed_ = true;
        break;
      }
    }
    if (rows.size() > 1 && rows.back().size() <= 1 && (rows.back().empty() || rows.back()[0]->children.empty()))
      rows.pop_back();
    if (name.isEmpty() && rows.size() == 1 && rows[0].size() == 1) return std::move(rows[0][0]);
    FormulaNodePointer table = make(Kind::table);
    for (const auto& row : rows) table->columns = std::max(table->columns, static_cast<int>(row.size()));
    if (static_cast<int>(rows.size()) * table->columns > most_nodes) failed_ = true;
    for (auto& row : rows) {
      for (int i = 0; i < table->columns && !failed_; ++i)
        table->children.push_back(i < static_cast<int>(row.size()) ? std::move(row[static_cast<std::size_t>(i)])
                                                                   : make(Kind::row));
    }
    table->alignments = QStringLiteral("rl");
    table->tight_pairs = true;
    return table;
  }

  int depth_ = 0;
  int nodes_ = 0;
  Face face_ = Face::italic;
  bool struck_ = false;
};

}  // namespace

FormulaNodePointer parse_formula(const QString& source) {
  return Parser(source).run();
}

}  // namespace etna::gui
