// Products of matrices by every tile of the matrix units, and without them: time, arithmetic and whether the result is
// right.
//   matrix_products [--runs 10] [--tile 0 --tile 2 …] [--quick]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

#include "engine/backend/vulkan/matrix_tiles.h"
#include "engine/base/error.h"
#include "engine/base/half.h"
#include "engine/ops/matmul.h"
#include "engine/ops/quantized.h"
#include "engine/plan/plan.h"

namespace {

using namespace etna;

struct Shape3 {
  const char* what;
  std::int64_t m, n, k;
  DType a, b;
  Transpose transpose;
};

constexpr auto bf16 = DType::bfloat16, f16 = DType::float16, f32 = DType::float32;
constexpr auto yes = Transpose::yes, no = Transpose::no;

constexpr Shape3 shapes[] = {
    {"1.1B q, o", 2048, 2048, 2048, bf16, bf16, yes},     {"1.1B k, v", 2048, 256, 2048, bf16, bf16, yes},
    {"1.1B gate, up", 2048, 5632, 2048, bf16, bf16, yes}, {"1.1B down", 2048, 2048, 5632, bf16, bf16, yes},
    {"back of q, o", 2048, 2048, 2048, bf16, bf16, no},   {"back of gate, up", 2048, 2048, 5632, bf16, bf16, no},
    {"back of down", 2048, 5632, 2048, bf16, bf16, no},   {"back of k, v", 2048, 2048, 256, bf16, bf16, no},
    {"head", 1024, 32000, 2048, bf16, bf16, yes},         {"8B prefill, f16", 512, 14336, 4096, f16, f16, yes},
    {"square f16", 4096, 4096, 4096, f16, f16, yes},      {"short prompt", 32, 4096, 4096, f16, f16, yes},
    {"adapter, down", 2048, 8, 2048, bf16, f32, yes},     {"adapter, up", 2048, 2048, 8, bf16, f32, yes},
    {"adapter, back", 2048, 8, 2048, bf16, f32, no},      {"adapter, gradient", 8, 2048, 2048, f32, bf16, no},
    {"odd sizes", 333, 1001, 777, bf16, bf16, yes},
};

float value_of(std::uint64_t i, std::uint32_t seed) {
  std::uint64_t x = (i + 1) * 0x9e3779b97f4a7c15 + seed * 0x85ebca6b;
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9;
  return static_cast<float>(x >> 56) / 128 - 1 + 1.0F / 256;  // nine bits: exact in every type but bfloat16's last one
}

Array filled(Backend& backend, Shape shape, DType type, std::uint32_t seed) {
  const Array array = allocate_array(backend, std::move(shape), type, MemoryTag::other, 0);
  std::vector<std::byte> bytes(array.view().bytes());
  for (std::int64_t i = 0; i < array.size(); ++i) {
    const float value = value_of(static_cast<std::uint64_t>(i), seed);
    std::byte* at = bytes.data() + static_cast<std::size_t>(i) * size_of(type);
    if (type == f32) {
      std::memcpy(at, &value, 4);
    } else {
      const std::uint16_t bits = type == f16 ? to_float16(value).bits : to_bfloat16(value).bits;
      std::memcpy(at, &bits, 2);
    }
  }
  array.view().buffer->write(array.view().offset, bytes);
  return array;
}

double stored(std::uint64_t i, DType type, std::uint32_t seed) {
  const float value = value_of(i, seed);
  return type == bf16 ? to_float(to_bfloat16(value)) : value;
}

/// The largest error of some elements, as a share of the largest of them.
double error_of(const Shape3& shape, const Array& y) {
  const std::vector<float> values = y.to_floats();
  double worst = 0, largest = 0;
  std::mt19937_64 engine(5);
  for (int sample = 0; sample < 64; ++sample) {
    // The corners, and elements anywhere.
    const auto i = static_cast<std::int64_t>(sample < 4 ? (sample & 1) * (shape.m - 1)
                                                        : engine() % static_cast<std::uint64_t>(shape.m));
    const auto j = static_cast<std::int64_t>(sample < 4 ? (sample >> 1) * (shape.n - 1)
                                                        : engine() % static_cast<std::uint64_t>(shape.n));
    double sum = 0;
    for (std::int64_t l = 0; l < shape.k; ++l) {
      const std::int64_t place = shape.transpose == yes ? j * shape.k + l : l * shape.n + j;
      sum += stored(static_cast<std::uint64_t>(i * shape.k + l), shape.a, 1) *
             stored(static_cast<std::uint64_t>(place), shape.b, 2);
    }
    const double error = std::fabs(sum - values[static_cast<std::size_t>(i * shape.n + j)]);
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    largest = std::max(largest, std::fabs(sum));
  }
  return worst / largest;
}

struct Timing {
  double seconds = 0;
  std::string kernel;
};

/// The median of all kernels of a graph together.
Timing timed(Plan& plan, int runs) {
  std::vector<double> seconds;
  Timing timing;
  for (int run = 0; run < runs; ++run) {
    double all = 0;
    for (const StepTime& time : plan.profile()) {
      all += time.seconds;
      timing.kernel = time.name;
    }
    seconds.push_back(all);
  }
  std::ranges::sort(seconds);
  timing.seconds = seconds[seconds.size() / 2];
  return timing;
}

struct Way {
  std::string name;
  std::shared_ptr<Backend> backend;
};

void report(const Way& way, const Array& y, double flops, const Shape3* shape, int runs) {
  try {
    const auto plan = Plan::compile(std::span(&y, 1), *way.backend, 0);
    plan->run();
    const Timing timing = timed(*plan, runs);
    const std::string error = shape ? fmt::format("{:.1e}", error_of(*shape, plan->output(0))) : "";
    fmt::print("    {:<20} {:>9.1f} us {:>7.1f} TFLOP/s  error {:<8} {}\n", way.name, timing.seconds * 1e6,
               flops / timing.seconds / 1e12, error, timing.kernel);
  } catch (const std::exception& error) {
    fmt::print("    {:<20} FAILED: {}\n", way.name, error.what());
  }
  std::fflush(stdout);
}

void time_floats(const std::vector<Way>& ways, int runs, bool quick) {
  for (const Shape3& shape : shapes) {
    if (quick && shape.m * shape.n * shape.k > 1 << 21) continue;
    fmt::print("{}: {} x {} x {}, {} x {}{}\n", shape.what, shape.m, shape.n, shape.k, name(shape.a), name(shape.b),
               shape.transpose == yes ? " transposed" : "");
    for (const Way& way : ways) {
      const Array a = filled(*way.backend, {shape.m, shape.k}, shape.a, 1);
      const Array b =
          filled(*way.backend, shape.transpose == yes ? Shape{shape.n, shape.k} : Shape{shape.k, shape.n}, shape.b, 2);
      report(way, matmul(a, b, shape.transpose), 2.0 * static_cast<double>(shape.m * shape.n * shape.k), &shape, runs);
    }
  }
}

/// Random bytes as affine weights of four bits, with small scales: forward and back.
void time_packed(const std::vector<Way>& ways, int runs) {
  struct Packed {
    const char* what;
    std::int64_t m, n, k;
    int bits;
    DType a;
    Transpose transpose;
  };

  for (const Packed& p : {Packed{"8B prefill, q4", 512, 14336, 4096, 4, f16, yes},
                          Packed{"8B prefill, q8", 512, 14336, 4096, 8, f16, yes},
                          Packed{"8B prefill 2048, q4", 2048, 4096, 14336, 4, bf16, yes},
                          Packed{"back through q4", 2048, 14336, 4096, 4, bf16, no}}) {
    fmt::print("{}: {} x {} x {}\n", p.what, p.m, p.n, p.k);
    const PackedFormat format = PackedFormat::affine(p.bits, 64);
    const std::int64_t rows = p.transpose == yes ? p.n : p.k, columns = p.transpose == yes ? p.k : p.n;
    for (const Way& way : ways) {
      const Array codes =
          allocate_array(*way.backend, {rows, columns * p.bits / 32}, DType::uint32, MemoryTag::other, 0);
      std::mt19937 engine(7);
      std::vector<std::uint32_t> words(static_cast<std::size_t>(codes.size()));
      for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(engine());
      codes.view().buffer->write(0, std::as_bytes(std::span(words)));
      const PackedArrays w{codes, filled(*way.backend, {rows, columns / 64}, f16, 3),
                           filled(*way.backend, {rows, columns / 64}, f16, 4)};
      const Array x = filled(*way.backend, {p.m, p.k}, p.a, 1);
      report(way, quantized_matmul(x, w, format, p.transpose), 2.0 * static_cast<double>(p.m * p.n * p.k), nullptr,
             runs);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Products by every tile of the matrix units"};
  int runs = 10;
  bool quick = false;
  std::vector<int> tiles;
  app.add_option("--runs", runs)->capture_default_str();
  app.add_option("--tile", tiles, "numbers of matrix_tiles(); default: all");
  app.add_flag("--quick", quick, "small products only");
  CLI11_PARSE(app, argc, argv);
  try {
    std::vector<Way> ways;
    const auto add = [&](std::string name, const vulkan::BackendOptions& options) {
      ways.push_back({std::move(name), vulkan::create_backend(0, nullptr, options)});
    };
    add("without", {.matrices = vulkan::MatrixUnits::off});
    add("as chosen", {});
    fmt::print("{}\n", ways[0].backend->name());
    const auto all = vulkan::matrix_tiles();
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      if (!tiles.empty() && std::ranges::find(tiles, i) == tiles.end()) continue;
      add(fmt::format("{} {}", i, to_string(all[static_cast<std::size_t>(i)])), {.tile = i});
    }
    time_floats(ways, runs, quick);
    if (!quick) time_packed(ways, runs);
  } catch (const std::exception& error) {
    fmt::print(stderr, "matrix_products: {}\n", error.what());
    return 1;
  }
}
