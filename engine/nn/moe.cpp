#include "engine/nn/moe.h"

#include "engine/base/error.h"
#include "engine/ops/gather.h"
#include "engine/ops/moe.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/top_k.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

constexpr std::int64_t scores_of_group = 2;  // whose sum ranks it

void check(const std::string& path, const RouterSettings& settings) {
  // Groups are ranked by sums of scores, and 0 stands for the worst: that fits sigmoids, not logits.
  const bool grouped = settings.chosen_groups < settings.groups;
  const bool groups_fit = (!grouped || settings.scoring == Scoring::sigmoid) && settings.groups >= 1 &&
                          settings.chosen_groups >= 1 && settings.chosen_groups <= settings.groups &&
                          settings.experts % settings.groups == 0 &&
                          (settings.groups == 1 || settings.experts / settings.groups >= scores_of_group);
  if (settings.experts < 1 || settings.chosen < 1 || settings.chosen > settings.experts || !groups_fit) {
    fail(Errc::invalid_argument, "{}: {} of {} experts, {} of {} groups: such a router cannot be", path,
         settings.chosen, settings.experts, settings.chosen_groups, settings.groups);
  }
}

}  // namespace

Router::Router(Parameters& parameters, const std::string& path, std::int64_t hidden_size,
               const RouterSettings& settings)
    : settings_(settings) {
  check(path, settings);
  const std::string name = path + "." + settings.name;
  linear_ = parameters.linear(name, hidden_size, settings.experts, settings.bias);
  if (settings.correction) correction_.emplace(parameters.vector(name + ".e_score_correction_bias", settings.experts));
}

Routing Router::operator()(const Array& x) const {
  const bool sigmoid = settings_.scoring == Scoring::sigmoid;
  const Array logits = cast((*linear_)(sigmoid ? cast(x, DType::float32) : x), DType::float32);
  const bool normalize = settings_.normalize == Normalize::yes;
  const Array scores = sigmoid ? unary(UnaryKind::sigmoid, logits) : softmax(logits);
  // Softmax keeps the order: experts are picked by logits, and their weights are found at the same time.
  const bool by_logits = !sigmoid && !correction_;
  const Array experts = choice(by_logits ? logits : scores);
  Array weights = by_logits && normalize ? top_k_softmax(logits, settings_.chosen) : take_along_last(scores, experts);
  if (!by_logits && normalize) weights = divide(weights, add(sum(weights, -1, KeepAxis::yes), Array::scalar(1e-20f)));
  if (settings_.scale != 1) weights = multiply(weights, Array::scalar(static_cast<float>(settings_.scale)));
  return {experts, weights};
}

Array Router::choice(const Array& scores) const {
  Array ranked = scores;
  if (correction_) ranked = add(ranked, cast(*correction_, DType::float32));
  if (settings_.chosen_groups < settings_.groups) ranked = without_weak_groups(ranked);
  return top_k_indices(ranked, settings_.chosen);
}

/// Scores of experts whose group was not chosen become 0, as in the reference implementation.
Array Router::without_weak_groups(const Array& scores) const {
  const std::int64_t tokens = scores.shape(0), groups = settings_.groups;
  const Array grouped = reshape(scores, {tokens, groups, settings_.experts / groups});
  const Array best = take_along_last(grouped, top_k_indices(grouped, scores_of_group));
  const Array chosen = top_k_indices(sum(best, -1), settings_.chosen_groups);
  const Array is_chosen = binary(BinaryKind::equal, reshape(chosen, {tokens, 1, settings_.chosen_groups}),
                                 reshape(arange(groups), {1, groups, 1}));
  const Array mask = cast(maximum_along(cast(is_chosen, DType::int32), -1, KeepAxis::yes), DType::boolean);
  return reshape(where(mask, grouped, Array::scalar(0)), scores.shape());
}

Moe::Moe(Parameters& parameters, const std::string& path, const MoeSettings& settings)
    : settings_(settings), router_(parameters, path, settings.hidden_size, settings.router) {
  const std::int64_t count = settings.router.experts, hidden = settings.hidden_size, inner = settings.intermediate_size;
  const std::string experts = path + "." + settings.experts_name;
  gate_ = parameters.experts(experts + ".gate_proj", count, hidden, inner, settings.bias);
  up_ = parameters.experts(experts + ".up_proj", count, hidden, inner, settings.bias);
  down_ = parameters.experts(experts + ".down_proj", count, inner, hidden, settings.bias);
  if (!settings.shared) return;
  const std::string shared = path + "." + settings.shared->name;
  const std::int64_t size = settings.shared->intermediate_size;
  shared_.emplace();
  shared_->gate = parameters.linear(shared + ".gate_proj", hidden, size, Bias::none);
  shared_->up = parameters.linear(shared + ".up_proj", hidden, size, Bias::none);
  shared_->down = parameters.linear(shared + ".down_proj", size, hidden, Bias::none);
  const std::string& scale = settings.shared->gate_name;
  if (!scale.empty()) shared_->scale = parameters.linear(path + "." + scale, hidden, 1, Bias::none);
}

Array Moe::operator()(const Array& x) const {
  const Array rows = reshape(x, {-1, settings_.hidden_size});
  const Routing routing = router_(rows);
  const Array inner = gated((*gate_)(rows, routing.experts), (*up_)(rows, routing.experts), settings_.gate);
  Array y = combine_experts((*down_)(inner, routing.experts), routing.weights);
  if (shared_) y = add(y, shared(rows));
  return reshape(y, x.shape());
}

Array Moe::shared(const Array& x) const {
  const Array y = (*shared_->down)(gated((*shared_->gate)(x), (*shared_->up)(x), settings_.gate));
  return shared_->scale ? multiply(unary(UnaryKind::sigmoid, (*shared_->scale)(x)), y) : y;
}

}  // namespace etna::nn
