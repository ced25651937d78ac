#include "engine/generation/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
using Ids = std::vector<std::int32_t>;

/// exp of x ≤ 0 within 2 units in the last place, 0 below -87. Plain arithmetic, so that loops over it become vector
/// code: a vocabulary has 100,000 entries and more. Source: the method of Cephes' expf.
float fast_exp(float x) {
  const bool vanishes = !(x > -87.0F);
  x = vanishes ? -87.0F : x;
  constexpr float rounder = 12582912.0F;  // 1.5 · 2²³: adding it rounds to an integer
  const float n = (x * 1.44269504F + rounder) - rounder;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float scale = std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
  return vanishes ? 0.0F : (p * r * r + r + 1.0F) * scale;
}

/// weights[i] = exp((logits[i] - largest) / temperature).
void weigh(std::span<const float> logits, float largest, float temperature, std::vector<float>& weights) {
  weights.resize(logits.size());
  const float scale = 1.0F / temperature;
  for (std::size_t i = 0; i < logits.size(); ++i) weights[i] = fast_exp((logits[i] - largest) * scale);
}

/// Eight sums side by side: one sum would wait for each of its additions.
double sum(std::span<const float> values) {
  double lanes[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += values[i + lane];
  }
  for (; i < values.size(); ++i) lanes[0] += values[i];
  return std::accumulate(std::begin(lanes), std::end(lanes), 0.0);
}

/// The index at which the running sum of the weights passes `mass`; whole blocks are skipped by their sums.
std::size_t index_at_mass(std::span<const float> weights, double mass) {
  constexpr std::size_t block = 512;
  std::size_t chosen = 0;
  for (std::size_t start = 0; start < weights.size(); start += block) {
    const auto part = weights.subspan(start, std::min(block, weights.size() - start));
    const double total = sum(part);
    if (mass >= total && start + block < weights.size()) {
      mass -= total;
      continue;
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == 0) continue;
      chosen = start + i;
      if ((mass -= part[i]) < 0) return chosen;
    }
  }
  return chosen;
}

std::span<const std::int32_t> last(std::span<const std::int32_t> context, std::int64_t count) {
  return context.last(std::min<std::size_t>(context.size(), static_cast<std::size_t>(count)));
}

std::span<const std::int32_t> distinct(std::span<const std::int32_t> tokens, Ids& scratch) {
  scratch.assign(tokens.begin(), tokens.end());
  std::sort(scratch.begin(), scratch.end());
  scratch.erase(std::unique(scratch.begin(), scratch.end()), scratch.end());
  return scratch;
}

void apply_penalties(std::vector<float>& logits, std::span<const std::int32_t> context, const SamplingParameters& p) {
  const auto at = [&logits](std::int32_t id) -> float& {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) {
      fail(Errc::invalid_argument, "token id {} is outside the {} logits", id, logits.size());
    }
    return logits[id];
  };
  Ids scratch;
  for (const auto& [id, bias] : p.logit_bias) at(id) += static_cast<float>(bias);
  if (p.repetition_penalty != 0) {
    for (const auto id : distinct(last(context, p.repetition_context_size), scratch)) {
      float& logit = at(id);
      logit = static_cast<float>(logit < 0 ? logit * p.repetition_penalty : logit / p.repetition_penalty);
    }
  }
  if (p.presence_penalty != 0) {
    for (const auto id : distinct(last(context, p.presence_context_size), scratch)) {
      at(id) -= static_cast<float>(p.presence_penalty);
    }
  }
  if (p.frequency_penalty != 0) {
    for (const auto id : last(context, p.frequency_context_size)) at(id) -= static_cast<float>(p.frequency_penalty);
  }
}

/// The largest logit. `code` is the kind of error when there is none or when a logit is NaN or +infinity.
float largest_logit(std::span<const float> logits, Errc code) {
  float largest[8];
  std::fill(std::begin(largest), std::end(largest), -infinity);
  std::int32_t wrong[8] = {};
  const auto look = [&](std::size_t lane, float logit) {
    largest[lane] = logit > largest[lane] ? logit : largest[lane];
    wrong[lane] |= logit <= std::numeric_limits<float>::max() ? 0 : 1;
  };
  std::size_t i = 0;
  for (; i + 8 <= logits.size(); i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) look(lane, logits[i + lane]);
  }
  for (; i < logits.size(); ++i) look(0, logits[i]);
  const float result = *std::max_element(std::begin(largest), std::end(largest));
  const bool broken = std::any_of(std::begin(wrong), std::end(wrong), [](std::int32_t flag) { return flag != 0; });
  if (broken || result == -infinity) fail(code, "logits are not finite");
  return result;
}

/// The filters, over candidates given by id.
class Filter {
public:
  Filter(std::span<const float> logits, float largest, std::span<const float> weights, Ids& ids)
      : logits_(logits), largest_(largest), weights_(weights), ids_(ids) {}

  /// Keeps ids whose mass, cumulated from the least likely up, exceeds 1 - top_p. Selection instead of sorting.
  void top_p(double top_p) {
    const double total = sum(weights_), limit = (1.0 - top_p) * total;
    // All tokens together that are below limit / n cannot reach the limit.
    const double certain = limit / static_cast<double>(weights_.size());
    double below = 0.0;
    std::size_t count = 0;
    for (const auto id : ids_) {  // without branches, which nobody could predict
      const bool kept = weights_[id] > certain;
      ids_[count] = id;
      count += kept ? 1 : 0;
      below += kept ? 0.0F : weights_[id];
    }
    ids_.resize(count);
    drop_below_mass(below, limit);
  }

  void min_p(double min_p, std::int64_t keep) {
    const auto bound = static_cast<double>(largest_) + std::log(min_p);
    const auto survivors = std::count_if(ids_.begin(), ids_.end(), [&](auto id) { return logits_[id] >= bound; });
    if (survivors < keep) return top_k(keep);
    std::erase_if(ids_, [&](auto id) { return logits_[id] < bound; });
  }

  void xtc(double threshold, const Ids& special) {
    double total = 0.0;
    for (const auto id : ids_) total += weights_[id];
    float least = infinity;
    for (const auto id : ids_) {
      if (weights_[id] > threshold * total) least = std::min(least, weights_[id]);
    }
    std::erase_if(ids_, [&](auto id) {
      return weights_[id] > least && std::find(special.begin(), special.end(), id) == special.end();
    });
  }

  /// Keeps the k largest; of equals the lowest ids. A heap of the best so far: nearly all ids fail its first test.
  void top_k(std::int64_t k) {
    const auto count = static_cast<std::size_t>(k);
    if (ids_.size() <= count) return;
    const auto better = [this](std::int32_t a, std::int32_t b) {
      return logits_[a] != logits_[b] ? logits_[a] > logits_[b] : a < b;
    };
    const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(count);
    std::make_heap(ids_.begin(), end, better);  // the worst of the best is in front
    for (auto id = end; id != ids_.end(); ++id) {
      if (!better(*id, ids_.front())) continue;
      std::pop_heap(ids_.begin(), end, better);
      *(end - 1) = *id;
      std::push_heap(ids_.begin(), end, better);
    }
    ids_.erase(end, ids_.end());
  }

private:
  bool less(std::int32_t a, std::int32_t b) const { return logits_[a] != logits_[b] ? logits_[a] < logits_[b] : a < b; }

  /// Quickselect by mass: narrows [first, end) until the boundary is found; `below` is the mass of all lesser ids.
  void drop_below_mass(double below, double limit) {
    const auto order = [this](std::int32_t a, std::int32_t b) { return less(a, b); };
    auto first = ids_.begin(), end = ids_.end();
    while (end - first > 32) {
      auto middle = first + (end - first) / 2;
      const std::int32_t pivot = std::max(std::min(*first, *middle, order),
                                          std::min(std::max(*first, *middle, order), *(end - 1), order), order);
      middle = std::partition(first, end, [&](std::int32_t id) { return less(id, pivot); });
      const double mass = std::accumulate(first, middle, 0.0, [&](double m, auto id) { return m + weights_[id]; });
      if (below + mass > limit) {
        end = middle;
      } else {
        below += mass;
        first = middle;
        // The pivot is the least of what is left: putting it aside guarantees progress.
        std::iter_swap(first, std::find(first, end, pivot));
        if (below + weights_[pivot] > limit) break;
        below += weights_[pivot];
        ++first;
      }
    }
    if (end - first <= 32) {
      std::sort(first, end, order);
      while (first != end && below + weights_[*first] <= limit) below += weights_[*first++];
    }
    if (first == ids_.end()) --first;  // rounding must not lose the most likely token
    ids_.erase(ids_.begin(), first);
  }

  std::span<const float> logits_;
  float largest_;
  std::span<const float> weights_;
  Ids& ids_;
};

enum class Xtc { skip, apply };

bool has_filters(const SamplingParameters& p, Xtc xtc) {
  return (p.top_p > 0 && p.top_p < 1) || p.min_p != 0 || xtc == Xtc::apply || p.top_k > 0;
}

/// Leaves in `ids` the tokens that pass; `weights` are scratch.
void apply_filters(std::span<const float> logits, float largest, const SamplingParameters& p, Xtc xtc,
                   std::vector<float>& weights, Ids& ids) {
  ids.resize(logits.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    ids[count] = static_cast<std::int32_t>(i);
    count += logits[i] != -infinity ? 1 : 0;
  }
  ids.resize(count);
  const bool by_mass = p.top_p > 0 && p.top_p < 1;
  if (by_mass || xtc == Xtc::apply) weigh(logits, largest, 1.0F, weights);
  Filter filter(logits, largest, weights, ids);
  if (by_mass) filter.top_p(p.top_p);
  if (p.min_p != 0) filter.min_p(p.min_p, p.min_tokens_to_keep);
  if (xtc == Xtc::apply) filter.xtc(p.xtc_threshold, p.xtc_special_tokens);
  if (p.top_k > 0) filter.top_k(p.top_k);
  std::sort(ids.begin(), ids.end());
}

std::int32_t index_of(std::span<const float> logits, float value) {
  return static_cast<std::int32_t>(std::find(logits.begin(), logits.end(), value) - logits.begin());
}

void check_range(std::string_view name, double value, double least, double greatest) {
  if (!(value >= least && value <= greatest)) {
    fail(Errc::invalid_argument, "{} is {}, not between {} and {}", name, value, least, greatest);
  }
}

void check_finite(std::string_view name, double value) {
  if (!std::isfinite(value)) fail(Errc::invalid_argument, "{} is {}, not a finite number", name, value);
}

void check_least(std::string_view name, double value, double least) {
  if (!(value >= least) || !std::isfinite(value)) {
    fail(Errc::invalid_argument, "{} is {}, not a finite number of at least {}", name, value, least);
  }
}

}  // namespace

void SamplingParameters::validate() const {
  check_least("temp", temperature, 0);
  check_range("top_p", top_p, 0, 1);
  check_range("min_p", min_p, 0, 1);
  check_least("min_tokens_to_keep", static_cast<double>(min_tokens_to_keep), 1);
  check_range("xtc_probability", xtc_probability, 0, 1);
  check_range("xtc_threshold", xtc_threshold, 0, 0.5);
  check_least("top_k", static_cast<double>(top_k), 0);
  check_least("repetition_penalty", repetition_penalty, 0);
  check_finite("presence_penalty", presence_penalty);
  check_finite("frequency_penalty", frequency_penalty);
  check_least("repetition_context_size", static_cast<double>(repetition_context_size), 0);
  check_least("presence_context_size", static_cast<double>(presence_context_size), 0);
  check_least("frequency_context_size", static_cast<double>(frequency_context_size), 0);
  for (const auto& [id, bias] : logit_bias) {
    if (id < 0) fail(Errc::invalid_argument, "logit_bias: {} is not a token id", id);
    if (!(bias <= std::numeric_limits<float>::max())) {
      fail(Errc::invalid_argument, "logit_bias of {} is {}, not a number or -infinity", id, bias);
    }
  }
}

Distribution distribution(std::span<const float> logits, std::span<const std::int32_t> context,
                          const SamplingParameters& parameters) {
  parameters.validate();
  if (parameters.xtc_probability != 0 && parameters.xtc_probability != 1) {
    fail(Errc::invalid_argument, "xtc_probability is {}: a distribution is certain only for 0 and 1",
         parameters.xtc_probability);
  }
  std::vector<float> changed(logits.begin(), logits.end()), weights;
  apply_penalties(changed, context, parameters);
  const float largest = largest_logit(changed, Errc::invalid_argument);
  if (parameters.temperature == 0) return {{index_of(changed, largest)}, {1.0}};

  Distribution result;
  apply_filters(changed, largest, parameters, parameters.xtc_probability > 0 ? Xtc::apply : Xtc::skip, weights,
                result.ids);
  float best = -infinity;  // XTC may have taken the largest
  for (const auto id : result.ids) best = std::max(best, changed[id]);
  double total = 0.0;
  for (const auto id : result.ids) {
    const double weight = std::exp((static_cast<double>(changed[id]) - best) / parameters.temperature);
    result.probabilities.push_back(weight);
    total += weight;
  }
  for (double& probability : result.probabilities) probability /= total;
  return result;
}

Sampler::Sampler(SamplingParameters parameters, std::optional<std::uint64_t> seed)
    : parameters_(std::move(parameters)),
      random_(seed ? *seed : (std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()) {
  parameters_.validate();
}

double Sampler::uniform() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

std::int32_t Sampler::sample(std::span<const float> logits, std::span<const std::int32_t> context) {
  logits_.assign(logits.begin(), logits.end());
  apply_penalties(logits_, context, parameters_);
  float largest = largest_logit(logits_, Errc::corrupt);
  if (parameters_.temperature == 0) return index_of(logits_, largest);

  const bool excludes = parameters_.xtc_probability > 0 && uniform() <= parameters_.xtc_probability;
  const Xtc xtc = excludes ? Xtc::apply : Xtc::skip;
  const bool filtered = has_filters(parameters_, xtc);
  if (filtered) {
    apply_filters(logits_, largest, parameters_, xtc, weights_, ids_);
    for (std::size_t i = 0; i < ids_.size(); ++i) logits_[i] = logits_[ids_[i]];  // ids ascend: i ≤ ids_[i]
    logits_.resize(ids_.size());
    largest = *std::max_element(logits_.begin(), logits_.end());
  }
  const auto temperature = static_cast<float>(parameters_.temperature);
  if (temperature < 1e-6F) {  // its inverse would overflow; far below any gap between two logits
    const auto index = index_of(logits_, largest);
    return filtered ? ids_[index] : index;
  }
  weigh(logits_, largest, temperature, weights_);
  const std::size_t chosen = index_at_mass(weights_, uniform() * sum(weights_));
  return filtered ? ids_[chosen] : static_cast<std::int32_t>(chosen);
}

}  // namespace etna
