#include "engine/io/expert_modules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

constexpr std::string_view mark = ".experts.", stack_mark = ".switch_mlp.", mixtral = ".block_sparse_moe";
constexpr std::int64_t most_experts = 4096;

/// Mixtral's names of the projections.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> mixtral_names = {
    {{"w1", "gate_proj"}, {"w2", "down_proj"}, {"w3", "up_proj"}}};

/// Experts 0, 1, … in one module. Matrices of single ones are (in, r) and (r, out), stacked ones (r, in) and (out, r).
AdapterModule stacked(const std::string& path, const std::map<std::int64_t, AdapterModule>& experts,
                      const std::string& file) {
  const AdapterModule& first = experts.begin()->second;
  const std::int64_t count = experts.rbegin()->first + 1, in = first.a.shape[0], rank = first.a.shape[1],
                     out = first.b.shape[1];
  AdapterModule result{path, {{count, rank, in}, {}}, {{count, out, rank}, {}}, first.scale, {}};
  result.a.values.resize(static_cast<std::size_t>(count * rank * in));
  result.b.values.resize(static_cast<std::size_t>(count * out * rank));
  for (const auto& [expert, module] : experts) {
    if (module.magnitude)
      fail(Errc::unsupported, "{}: {}: experts with lengths of rows (DoRA) are not supported", file,
           quote(module.path));
    if (module.a.shape != first.a.shape || module.b.shape != first.b.shape || module.scale != first.scale) {
      fail(Errc::corrupt, "{}: {} has another shape, rank or scale than {}", file, quote(module.path),
           quote(first.path));
    }
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t r = 0; r < rank; ++r) {
        result.a.values[static_cast<std::size_t>((expert * rank + r) * in + i)] =
            module.a.values[static_cast<std::size_t>(i * rank + r)];
      }
    }
    for (std::int64_t r = 0; r < rank; ++r) {
      for (std::int64_t o = 0; o < out; ++o) {
        result.b.values[static_cast<std::size_t>((expert * out + o) * rank + r)] =
            module.b.values[static_cast<std::size_t>(r * out + o)];
      }
    }
  }
  return result;
}

}  // namespace

std::optional<ExpertPath> expert_path(std::string_view path) {
  const std::size_t at = path.find(mark);
  if (at == path.npos) return std::nullopt;
  const std::string_view mixture = path.substr(0, at), rest = path.substr(at + mark.size());
  std::int64_t expert = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), expert);
  const auto digits = static_cast<std::size_t>(end - rest.data());
  if (error != std::errc() || expert < 0 || expert >= most_experts || digits >= rest.size() || rest[digits] != '.')
    return std::nullopt;
  std::string_view projection = rest.substr(digits + 1);
  if (const auto known =
          std::ranges::find(mixtral_names, projection, &std::pair<std::string_view, std::string_view>::first);
      known != mixtral_names.end()) {
    projection = known->second;
  }
  return ExpertPath{std::string(mixture) + std::string(stack_mark) + std::string(projection), expert};
}

std::optional<std::string> path_of_expert(std::string_view path, std::int64_t expert) {
  const std::size_t at = path.find(stack_mark);
  if (at == path.npos) return std::nullopt;
  const std::string_view mixture = path.substr(0, at);
  std::string_view projection = path.substr(at + stack_mark.size());
  if (mixture.ends_with(mixtral)) {
    const auto known =
        std::ranges::find(mixtral_names, projection, &std::pair<std::string_view, std::string_view>::second);
    if (known != mixtral_names.end()) projection = known->first;
  }
  return std::string(mixture) + std::string(mark) + std::to_string(expert) + "." + std::string(projection);
}

void stack_experts(std::vector<AdapterModule>& modules, const std::string& file) {
  std::map<std::string, std::map<std::int64_t, AdapterModule>> groups;
  std::vector<AdapterModule> result;
  for (AdapterModule& module : modules) {
    const auto place = module.of_experts() ? std::nullopt : expert_path(module.path);
    if (place)
      groups[place->stacked].emplace(place->expert, std::move(module));
    else
      result.push_back(std::move(module));
  }
  for (const auto& [path, experts] : groups) result.push_back(stacked(path, experts, file));
  std::ranges::sort(result, {}, &AdapterModule::path);
  modules = std::move(result);
}

}  // namespace etna
