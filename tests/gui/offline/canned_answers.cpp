#include "tests/gui/offline/canned_answers.h"

namespace etna {
namespace {

// A paragraph of Markdown is one line.
constexpr const char* story =
    R"(Once there was a small robot called Pip who lived in a lighthouse by the sea. Every evening Pip polished the great lamp until it shone like a second moon.

One stormy night the lamp went dark. "The ships will not find the harbour!" said Pip. The little robot rolled up all ninety-nine steps, opened the door in its chest, and held its own small light against the glass.

Far out on the water a captain saw a tiny spark and turned the wheel. In the morning three ships lay safe in the bay, and everyone wanted to know who had saved them.

Pip only blinked. "It was not much light," the robot said, "but it was in the right place.")";

constexpr const char* tour =
    R"(## How a model answers

A model reads your message as *tokens*, small pieces of text, and predicts **one piece after the other**. Each new piece is added to what it has read.

1. The message is split into tokens.
2. The model computes how likely each next token is.
3. One token is chosen, and the loop begins again.
   - A low temperature chooses the likely ones.
   - A high temperature takes more risks.

> The model keeps what it has read in its context. When that is full, the reply stops.

In code the loop is short, with `sample` doing the choosing:

```python
def generate(model, tokens, limit):
    for _ in range(limit):
        logits = model(tokens)
        token = sample(logits[-1], temperature=0.7)
        if token == END:
            break
        tokens.append(token)
    return tokens
```

| Step | What it reads | What limits it |
|---|---|---|
| Prompt | all of it at once | computing power |
| Each token | every weight once | memory bandwidth |

That is why long prompts are quick and long answers take their time.)";

constexpr const char* formulas =
    R"(The roots of $ax^2 + bx + c = 0$ are

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

and \(\Delta = b^2 - 4ac\) tells how many are real. Some more that everyone knows:

\[
\sum_{i=1}^{n} i^2 = \frac{n(n+1)(2n+1)}{6}, \qquad \int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
\]

A rotation by $\theta$ and attention, side by side with a definition by cases:

$$R(\theta) = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}, \quad
f(x) = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}$$

$$\operatorname{Attention}(Q, K, V) = \operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$

$$\begin{aligned} \nabla \cdot \vec{E} &= \frac{\rho}{\varepsilon_0} \\ \nabla \times \vec{B} &= \mu_0 \hat{J} + \mu_0\varepsilon_0 \frac{\partial \vec{E}}{\partial t} \end{aligned}$$

What is not understood shows its source: $\unknowncommand{x}$. It cost $5 and not $10.)";

constexpr const char* right_to_left =
    R"(## كيف يجيب النموذج

يقرأ النموذج رسالتك على شكل **رموز** صغيرة، ثم يتوقع `token` واحدًا بعد الآخر. هذه فقرة أطول قليلًا حتى تلتف الأسطر وتظهر محاذاة النص إلى اليمين كما ينبغي في كل فقرة.

1. تقسم الرسالة إلى رموز.
2. يحسب النموذج احتمال كل رمز تال.
   - الحرارة المنخفضة تختار المحتمل.

> يحتفظ النموذج بما قرأه في سياقه.

| الخطوة | ما يقرؤه |
|---|---|
| الطلب | كله دفعة واحدة |
| كل رمز | كل الأوزان مرة |

An English paragraph stands between them, from left to right.

```python
print("code stays left to right")
```)";

constexpr const char* thoughts =
    R"(Okay, the user wants a short story about a robot. Let me think about what would make it good.

It should have a small hero, a problem, and an ending that fits. A lighthouse is a good place: it needs someone who looks after it, and when its light fails ships are in danger. The robot could use its own light instead.

Is that too sad? No, if it stays modest about it. One line of speech in the middle and one at the end, so that it feels alive. Four paragraphs should be enough.

The name should be short. Pip? Yes, Pip.)";

}  // namespace

std::string canned_thoughts() {
  return thoughts;
}

std::string canned_answer(const std::string& question) {
  const auto asks_for = [&](const char* word) { return question.find(word) != std::string::npos; };
  if (asks_for("weather")) return "I will look at the forecast.";
  if (asks_for("how a model answers")) return tour;
  if (asks_for("formulas")) return formulas;
  if (asks_for("Arabic")) return right_to_left;
  if (asks_for("very long")) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += std::string(story) + "\n\n";
    return text;
  }
  return story;
}

}  // namespace etna
