#include "gui/formula/formula_symbols.h"

#include <QHash>

namespace etna::gui {
namespace {

using Table = QHash<QString, FormulaSymbol>;

/// "name character" pairs, by spaces.
void add(Table& table, const char16_t* pairs, AtomClass atom, bool upright = true) {
  const QStringList words = QString::fromUtf16(pairs).split(u' ', Qt::SkipEmptyParts);
  for (qsizetype i = 0; i + 1 < words.size(); i += 2)
    table.insert(words[i], {.text = words[i + 1], .atom = atom, .upright = upright});
}

void add_big(Table& table, const char16_t* pairs, bool limits) {
  const QStringList words = QString::fromUtf16(pairs).split(u' ', Qt::SkipEmptyParts);
  for (qsizetype i = 0; i + 1 < words.size(); i += 2)
    table.insert(words[i], {.text = words[i + 1], .atom = AtomClass::operation, .limits = limits, .big = true});
}

void add_functions(Table& table, const char16_t* names, bool limits) {
  for (const QString& name : QString::fromUtf16(names).split(u' ', Qt::SkipEmptyParts))
    table.insert(name, {.text = name, .atom = AtomClass::operation, .limits = limits});
}

Table make_table() {
  Table table;
  add(table,
      u"alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ "
      u"mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ "
      u"psi ψ "
      u"omega ω ell ℓ imath ı jmath ȷ",
      AtomClass::ordinary, false);
  add(table,
      u"Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω infty ∞ partial ∂ nabla ∇ "
      u"hbar ℏ "
      u"Re ℜ Im ℑ aleph ℵ wp ℘ forall ∀ exists ∃ nexists ∄ emptyset ∅ varnothing ∅ angle ∠ triangle △ square □ Box □ "
      u"neg ¬ lnot ¬ top ⊤ bot ⊥ prime ′ backprime ‵ flat ♭ natural ♮ sharp ♯ clubsuit ♣ diamondsuit ♢ heartsuit ♡ "
      u"spadesuit ♠ dagger † ddagger ‡ S § P ¶ copyright © pounds £ degree ° checkmark ✓ ldots … dots … cdots ⋯ vdots "
      u"⋮ "
      u"ddots ⋱ dotsc … dotsb ⋯ dotsm ⋯ dotsi ⋯ vert | Vert ‖ % % $ $ # # & & _ _",
      AtomClass::ordinary);
  add(table,
      u"pm ± mp ∓ times × div ÷ cdot ⋅ ast ∗ star ⋆ circ ∘ bullet ∙ oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙ cap ∩ "
      u"cup ∪ "
      u"uplus ⊎ sqcap ⊓ sqcup ⊔ vee ∨ lor ∨ wedge ∧ land ∧ setminus ∖ wr ≀ diamond ⋄ amalg ⨿ bigtriangleup △ "
      u"triangleleft ◃ triangleright ▹ ltimes ⋉ rtimes ⋊ bmod mod",
      AtomClass::binary);
  add(table,
      u"leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ equiv ≡ sim ∼ simeq ≃ approx ≈ cong ≅ propto ∝ ll ≪ gg ≫ prec ≺ succ ≻ preceq "
      u"⪯ "
      u"succeq ⪰ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ nsubseteq ⊈ sqsubseteq ⊑ in ∈ notin ∉ ni ∋ mid ∣ "
      u"nmid ∤ parallel ∥ perp ⊥ vdash ⊢ dashv ⊣ models ⊨ vDash ⊨ asymp ≍ doteq ≐ triangleq ≜ coloneqq ≔ leqslant ⩽ "
      u"geqslant ⩾ lesssim ≲ gtrsim ≳ to → rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ "
      u"Leftrightarrow ⇔ implies ⟹ impliedby ⟸ iff ⟺ longrightarrow ⟶ longleftarrow ⟵ Longrightarrow ⟹ Longleftarrow ⟸ "
      u"longleftrightarrow ⟷ Longleftrightarrow ⟺ mapsto ↦ longmapsto ⟼ hookrightarrow ↪ hookleftarrow ↩ uparrow ↑ "
      u"downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ rightharpoonup ⇀ "
      u"leftharpoonup ↼ rightleftharpoons ⇌ leadsto ⇝ therefore ∴ because ∵ colon :",
      AtomClass::relation);
  add(table, u"lbrace { { { langle ⟨ lfloor ⌊ lceil ⌈ lbrack [ lvert | lVert ‖", AtomClass::opening);
  add(table, u"rbrace } } } rangle ⟩ rfloor ⌋ rceil ⌉ rbrack ] rvert | rVert ‖", AtomClass::closing);
  table.insert(QStringLiteral("|"), {.text = QStringLiteral("‖")});
  add_big(table,
          u"sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigsqcup ⨆ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀ "
          u"biguplus ⨄",
          true);
  add_big(table, u"int ∫ iint ∬ iiint ∭ oint ∮ oiint ∯", false);
  add_functions(
      table,
      u"sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan log ln lg exp arg dim hom ker deg erf "
      u"softmax sgn tr rank diag",
      false);
  add_functions(table, u"lim max min sup inf det gcd Pr limsup liminf argmax argmin", true);
  table[QStringLiteral("limsup")].text = QStringLiteral("lim sup");
  table[QStringLiteral("liminf")].text = QStringLiteral("lim inf");
  return table;
}

}  // namespace

const FormulaSymbol* formula_symbol(const QString& command) {
  static const Table table = make_table();
  const auto found = table.constFind(command);
  return found == table.constEnd() ? nullptr : &*found;
}

AtomClass class_of(QChar letter) {
  switch (letter.unicode()) {
    case u'+':
    case u'-':
    case u'*':
    case u'±':
    case u'×':
    case u'·':
    case u'÷': return AtomClass::binary;
    case u'=':
    case u'<':
    case u'>':
    case u':':
    case u'≤':
    case u'≥':
    case u'≠':
    case u'≈':
    case u'→':
    case u'∈': return AtomClass::relation;
    case u'(':
    case u'[': return AtomClass::opening;
    case u')':
    case u']':
    case u'!':
    case u'?': return AtomClass::closing;
    case u',':
    case u';': return AtomClass::punctuation;
    default: return AtomClass::ordinary;
  }
}

QString accent_mark(const QString& command) {
  static const QHash<QString, QString> table = {
      {QStringLiteral("hat"), QStringLiteral("ˆ")},          {QStringLiteral("widehat"), QStringLiteral("ˆ")},
      {QStringLiteral("bar"), QStringLiteral("¯")},          {QStringLiteral("vec"), QStringLiteral("→")},
      {QStringLiteral("tilde"), QStringLiteral("˜")},        {QStringLiteral("widetilde"), QStringLiteral("˜")},
      {QStringLiteral("dot"), QStringLiteral("˙")},          {QStringLiteral("ddot"), QStringLiteral("¨")},
      {QStringLiteral("check"), QStringLiteral("ˇ")},        {QStringLiteral("breve"), QStringLiteral("˘")},
      {QStringLiteral("acute"), QStringLiteral("´")},        {QStringLiteral("grave"), QStringLiteral("`")},
      {QStringLiteral("mathring"), QStringLiteral("˚")},     {QStringLiteral("overrightarrow"), QStringLiteral("→")},
      {QStringLiteral("overleftarrow"), QStringLiteral("←")}};
  return table.value(command);
}

QString double_struck(QChar letter) {
  static const QHash<QChar, QString> exceptions = {{u'C', QStringLiteral("ℂ")}, {u'H', QStringLiteral("ℍ")},
                                                   {u'N', QStringLiteral("ℕ")}, {u'P', QStringLiteral("ℙ")},
                                                   {u'Q', QStringLiteral("ℚ")}, {u'R', QStringLiteral("ℝ")},
                                                   {u'Z', QStringLiteral("ℤ")}};
  const auto found = exceptions.constFind(letter);
  if (found != exceptions.constEnd()) return *found;
  char32_t code = letter.unicode();
  if (code >= U'A' && code <= U'Z') code = 0x1D538 + code - U'A';
  if (letter.unicode() >= u'a' && letter.unicode() <= u'z') code = 0x1D552 + letter.unicode() - u'a';
  if (letter.isDigit()) code = 0x1D7D8 + letter.unicode() - u'0';
  return QString::fromUcs4(&code, 1);
}

}  // namespace etna::gui
