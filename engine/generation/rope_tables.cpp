#include "engine/generation/rope_tables.h"

#include <algorithm>

namespace etna {

namespace {

bool depends_on_length(const nn::RopeSettings& rope) { return nn::rope_table(rope, 1).longest != nn::any_length; }

}  // namespace

RopeTables::RopeTables(std::span<const ModelPart> parts)
    : ropes_(parts.front().model->ropes()), frequencies_(parts.size()) {
  for (const nn::RopeSettings& rope : ropes_) {
    const nn::RopeTable& table = tables_.emplace_back(nn::rope_table(rope, 1));
    const Shape shape{static_cast<std::int64_t>(table.frequencies.size())};
    longest_ = std::min(longest_, table.longest);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!depends_on_length(rope)) {
        frequencies_[i].push_back(Array::from(table.frequencies, shape));
        continue;
      }
      frequencies_[i].push_back(allocate_array(*parts[i].backend, shape, DType::float32, MemoryTag::activations, parts[i].owner));
      frequencies_[i].back().view().buffer->write(0, std::as_bytes(std::span(table.frequencies)));
    }
  }
}

bool RopeTables::keeps_rows(std::int64_t text_length) const {
  for (std::size_t i = 0; i < ropes_.size(); ++i) {
    if (nn::rereads_longer_texts(ropes_[i]) && nn::rope_table(ropes_[i], text_length) != tables_[i]) return false;
  }
  return true;
}

std::optional<std::int64_t> RopeTables::stage(std::int64_t text_length) const {
  std::int64_t stage = nn::any_length;
  for (const nn::RopeSettings& rope : ropes_) {
    const nn::RopeTable shortest = nn::rope_table(rope, 1), table = nn::rope_table(rope, text_length);
    if (table.frequencies != shortest.frequencies && !nn::rereads_longer_texts(rope)) return std::nullopt;
    stage = std::min(stage, table.longest);
  }
  return stage;
}

void RopeTables::fit(std::int64_t text_length) {
  longest_ = nn::any_length;
  for (std::size_t i = 0; i < ropes_.size(); ++i) {
    nn::RopeTable table = nn::rope_table(ropes_[i], text_length);
    longest_ = std::min(longest_, table.longest);
    if (table.frequencies != tables_[i].frequencies) {
      for (const std::vector<Array>& of_part : frequencies_) {
        const View& view = of_part[i].view();
        view.buffer->write(view.offset, std::as_bytes(std::span(table.frequencies)));
      }
    }
    tables_[i] = std::move(table);
  }
}

}  // namespace etna
