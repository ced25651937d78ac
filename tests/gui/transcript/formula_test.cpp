#include "gui/formula/formula.h"

#include <gtest/gtest.h>

#include <QImage>

namespace etna::gui {
namespace {

std::shared_ptr<const Formula> make(const QString& source, bool display = true) {
  return Formula::make(
      source,
      {.family = QStringLiteral("Inter"), .mono = QStringLiteral("JetBrains Mono"), .size = 17, .display = display});
}

TEST(Formula, UnderstandsWhatModelsWrite) {
  for (const char* source : {"E = mc^2",
                             "\\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}",
                             "\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}",
                             "\\int_0^\\infty e^{-x^2}\\,dx",
                             "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
                             "f(x) = \\begin{cases} 1 & \\text{if } x > 0 \\\\ 0 & \\text{else} \\end{cases}",
                             "\\lim_{x \\to 0} \\frac{\\sin x}{x} = 1",
                             "\\mathbb{R}^n \\subseteq \\mathcal{H}",
                             "\\hat{y} = \\sigma(\\mathbf{W}x + \\vec{b})",
                             "\\left( \\frac{a}{b} \\right)^2",
                             "\\begin{aligned} a &= b + c \\\\ &= d \\end{aligned}",
                             "a &= b \\\\ c &= d",
                             "\\sqrt[3]{x}",
                             "\\overline{AB} \\perp \\underline{CD}",
                             "x'' + y'^2",
                             "\\binom{n}{k}",
                             "P(A \\mid B)",
                             "\\operatorname{softmax}(QK^\\top)",
                             "\\underbrace{a+b}_{n}",
                             "\\bigl( x \\bigr)",
                             "\\nabla \\cdot \\vec{E} = \\rho / \\varepsilon_0",
                             "\\left\\{ x \\,\\middle|\\, y \\right.",
                             "\\not= \\quad a \\equiv b \\pmod{n}",
                             "\\boxed{x = 1}",
                             "\\text{50\\% of } 3{,}000",
                             "{}^{14}C",
                             "\\prod\\limits_{k} k",
                             "a_{b_{c_d}}"})
    EXPECT_TRUE(make(QLatin1String(source))->understood()) << source;
}

TEST(Formula, WhatItDoesNotKnowIsShownAsItsSource) {
  for (const char* source : {"\\nosuchcommand x", "\\frac{a}", "{a", "a}", "\\left( x",
                             "\\begin{nosuch} a \\end{nosuch}", "x^", "a_b_c", "\\"}) {
    const auto formula = make(QLatin1String(source));
    ASSERT_NE(formula, nullptr);
    EXPECT_FALSE(formula->understood()) << source;
    EXPECT_GT(formula->width(), 0) << source;
  }
}

TEST(Formula, HostileSourcesEnd) {
  const QStringList hostile = {QStringLiteral("{").repeated(5000),       QStringLiteral("\\frac").repeated(3000),
                               QStringLiteral("\\sqrt{").repeated(3000), QStringLiteral("^").repeated(5000),
                               QStringLiteral("&").repeated(5000),       QStringLiteral("\\\\").repeated(5000),
                               QStringLiteral("\\left(").repeated(2000), QStringLiteral("x").repeated(20'000),
                               QStringLiteral("a&\\\\").repeated(3000)};
  for (const QString& source : hostile) EXPECT_GT(make(source)->width(), 0);
}

TEST(Formula, FractionsAreHigherThanTheirParts) {
  const auto plain = make(QStringLiteral("a")), fraction = make(QStringLiteral("\\frac{a}{b}"));
  EXPECT_GT(fraction->ascent() + fraction->descent(), 1.8 * (plain->ascent() + plain->descent()));
  EXPECT_GT(make(QStringLiteral("a^2"))->ascent(), make(QStringLiteral("a"))->ascent());
  EXPECT_GT(make(QStringLiteral("\\sum_{i}^{n}"))->descent(), make(QStringLiteral("\\sum_{i}^{n}"), false)->descent());
  EXPECT_GT(make(QStringLiteral("\\left(\\frac{a}{b}\\right)"))->width(), fraction->width());
}

TEST(Formula, PaintsInsideOfItsBox) {
  for (const char* source : {"\\sum_{i=1}^{n} \\frac{x_i}{y^2}", "\\sqrt{\\frac{a}{b}} \\hat{x}",
                             "\\left[\\begin{matrix} a & b \\\\ c & d \\end{matrix}\\right]"}) {
    const auto formula = make(QLatin1String(source));
    constexpr int margin = 20;
    QImage image(qRound(formula->width()) + 2 * margin, qRound(formula->ascent() + formula->descent()) + 2 * margin,
                 QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::white);
    QPainter painter(&image);
    formula->paint(painter, QPointF(margin, margin + formula->ascent()), Qt::black);
    painter.end();
    QRect ink;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        if (qGray(image.pixel(x, y)) < 128) ink |= QRect(x, y, 1, 1);
      }
    }
    EXPECT_FALSE(ink.isEmpty());
    const QRect box = image.rect().adjusted(margin - 3, margin - 3, 3 - margin, 3 - margin);
    EXPECT_TRUE(box.contains(ink)) << source << ' ' << ink.left() << ' ' << ink.top() << ' ' << ink.right() << ' '
                                   << ink.bottom();
  }
}

}  // namespace
}  // namespace etna::gui
