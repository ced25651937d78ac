#include "engine/ops/matmul.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

Array make_matmul(const Array& a, const Array& b, Transpose transpose_b, const Array* residual) {
  if (!is_floating(a.dtype()) || !is_floating(b.dtype())) {
    fail(Errc::invalid_argument, "matmul: not defined for {} and {}", name(a.dtype()), name(b.dtype()));
  }
  const auto shapes = [&] { return to_string(a.shape()) + " and " + to_string(b.shape()); };
  if (a.rank() < 1 || b.rank() < 2) fail(Errc::invalid_argument, "matmul: shapes {}", shapes());
  const bool transposed = transpose_b == Transpose::yes;
  const std::int64_t k = b.shape(transposed ? -1 : -2);
  const std::int64_t n = b.shape(transposed ? -2 : -1);
  bool fits = a.shape(-1) == k;
  if (b.rank() > 2) {
    fits = fits && a.rank() == b.rank();
    for (int i = 0; fits && i < b.rank() - 2; ++i) fits = a.shape(i) == b.shape(i);
  }
  if (!fits) fail(Errc::invalid_argument, "matmul: shapes {}{} do not fit", shapes(), transposed ? " transposed" : "");
  Shape shape = a.shape();
  shape.back() = n;
  std::vector<Array> inputs{a, b};
  if (residual) {
    if (residual->shape() != shape || residual->dtype() != a.dtype()) {
      fail(Errc::invalid_argument, "matmul: the residual is {} {}, the product {} {}", name(residual->dtype()),
           to_string(residual->shape()), name(a.dtype()), to_string(shape));
    }
    inputs.push_back(*residual);
  }
  return Array(shape, a.dtype(), std::make_shared<Matmul>(transpose_b, residual != nullptr), std::move(inputs));
}

}  // namespace

std::string Matmul::name() const { return residual ? "matmul_residual" : "matmul"; }

std::optional<Array> Matmul::definition(std::span<const Array> inputs) const {
  if (!residual) return std::nullopt;
  return add(matmul(inputs[0], inputs[1], transpose_b), inputs[2]);
}

std::optional<Gradients> Matmul::gradient(const GradientCall& call) const {
  const Array &a = call.inputs[0], &b = call.inputs[1], &dy = call.gradient;
  const bool transposed = transpose_b == Transpose::yes;
  Gradients gradients(call.inputs.size());
  if (call.wanted[0]) gradients[0] = matmul(dy, b, transposed ? Transpose::no : Transpose::yes);
  if (call.wanted[1]) {
    // Rows of a matrix that all rows share are summed over; a batch is summed over its own.
    const bool shared = b.rank() == 2;
    const Array left = shared ? reshape(a, {-1, a.shape(-1)}) : a,
                right = shared ? reshape(dy, {-1, dy.shape(-1)}) : dy;
    const std::int64_t k = left.shape(-1), n = right.shape(-1);
    // The narrower side is transposed: that takes a copy. Sums over so many rows keep the weight's precision.
    const auto product = [&](const Array& x, const Array& y) {
      return cast(matmul(cast(transpose(x, -1, -2), b.dtype()), y), b.dtype());
    };
    const bool gives_transposed = n <= k;  // (n, k)
    const Array db = gives_transposed ? product(right, left) : product(left, right);
    gradients[1] = gives_transposed == transposed ? db : transpose(db, -1, -2);
  }
  if (residual && call.wanted[2]) gradients[2] = dy;
  return gradients;
}

Work Matmul::work(std::span<const View> inputs, const View& output) const {
  Work work = Op::work(inputs, output);
  work.flops = 2 * static_cast<std::uint64_t>(output.size() * inputs[0].shape.back());
  return work;
}

Array matmul(const Array& a, const Array& b, Transpose transpose_b) { return make_matmul(a, b, transpose_b, nullptr); }

Array matmul_residual(const Array& a, const Array& b, const Array& residual) {
  return make_matmul(a, b, Transpose::yes, &residual);
}

}  // namespace etna
