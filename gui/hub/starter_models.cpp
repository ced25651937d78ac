#include "gui/hub/starter_models.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace etna::gui {
namespace {

constexpr std::int64_t vocabulary = 151'936;
constexpr std::int64_t group = 64;
constexpr std::uint64_t tokenizer_bytes = 16'000'000;
constexpr std::uint64_t processor_download = 1'300'000'000;  // about 1.7 billion weights of 4 bits

/// An MLX affine matrix of 4 bits: packed words, a scale and a bias for each group.
void add_matrix(ModelDescription& model, const std::string& name, std::int64_t rows, std::int64_t columns) {
  const auto add = [&](const char* part, const char* dtype, std::int64_t width, std::int64_t size) {
    model.tensors.push_back({name + part, dtype, {rows, width}, static_cast<std::uint64_t>(rows * width * size)});
  };
  add(".weight", "U32", columns / 8, 4);
  add(".scales", "BF16", columns / group, 2);
  add(".biases", "BF16", columns / group, 2);
}

void add_vector(ModelDescription& model, const std::string& name, std::int64_t size) {
  model.tensors.push_back({name, "BF16", {size}, static_cast<std::uint64_t>(size) * 2});
}

std::string config_of(const QJsonObject& shape) {
  const QJsonObject quantization = {{QStringLiteral("group_size"), static_cast<int>(group)},
                                    {QStringLiteral("bits"), 4}};
  const QJsonObject config = {{QStringLiteral("model_type"), QStringLiteral("qwen3")},
                              {QStringLiteral("architectures"), QJsonArray{QStringLiteral("Qwen3ForCausalLM")}},
                              {QStringLiteral("hidden_size"), shape.value(QLatin1String("hidden"))},
                              {QStringLiteral("intermediate_size"), shape.value(QLatin1String("intermediate"))},
                              {QStringLiteral("num_hidden_layers"), shape.value(QLatin1String("layers"))},
                              {QStringLiteral("num_attention_heads"), shape.value(QLatin1String("heads"))},
                              {QStringLiteral("num_key_value_heads"), shape.value(QLatin1String("kv_heads"))},
                              {QStringLiteral("head_dim"), shape.value(QLatin1String("head"))},
                              {QStringLiteral("vocab_size"), static_cast<int>(vocabulary)},
                              {QStringLiteral("max_position_embeddings"), 40960},
                              {QStringLiteral("rms_norm_eps"), 1e-6},
                              {QStringLiteral("rope_theta"), 1'000'000},
                              {QStringLiteral("hidden_act"), QStringLiteral("silu")},
                              {QStringLiteral("tie_word_embeddings"), shape.value(QLatin1String("tied"))},
                              {QStringLiteral("quantization"), quantization}};
  return QJsonDocument(config).toJson(QJsonDocument::Compact).toStdString();
}

ModelDescription description_of(const QJsonObject& shape) {
  const auto number = [&](const char* key) {
    return static_cast<std::int64_t>(shape.value(QLatin1String(key)).toInt());
  };
  const std::int64_t hidden = number("hidden"), inner = number("intermediate"), head = number("head");
  const std::int64_t queries = number("heads") * head, keys = number("kv_heads") * head;
  ModelDescription model;
  model.name = shape.value(QLatin1String("name")).toString().toStdString();
  model.config_json = config_of(shape);
  add_matrix(model, "model.embed_tokens", vocabulary, hidden);
  if (!shape.value(QLatin1String("tied")).toBool()) add_matrix(model, "lm_head", vocabulary, hidden);
  add_vector(model, "model.norm.weight", hidden);
  for (std::int64_t layer = 0; layer < number("layers"); ++layer) {
    const std::string at = "model.layers." + std::to_string(layer);
    add_vector(model, at + ".input_layernorm.weight", hidden);
    add_vector(model, at + ".post_attention_layernorm.weight", hidden);
    add_vector(model, at + ".self_attn.q_norm.weight", head);
    add_vector(model, at + ".self_attn.k_norm.weight", head);
    add_matrix(model, at + ".self_attn.q_proj", queries, hidden);
    add_matrix(model, at + ".self_attn.k_proj", keys, hidden);
    add_matrix(model, at + ".self_attn.v_proj", keys, hidden);
    add_matrix(model, at + ".self_attn.o_proj", hidden, queries);
    add_matrix(model, at + ".mlp.gate_proj", inner, hidden);
    add_matrix(model, at + ".mlp.up_proj", inner, hidden);
    add_matrix(model, at + ".mlp.down_proj", hidden, inner);
  }
  return model;
}

}  // namespace

std::vector<StarterModel> starter_models() {
  QFile file(QStringLiteral(":/etna/models/starters.json"));
  std::vector<StarterModel> models;
  if (!file.open(QIODevice::ReadOnly)) return models;
  for (const QJsonValue& value : QJsonDocument::fromJson(file.readAll()).array()) {
    const QJsonObject shape = value.toObject();
    StarterModel model;
    model.repository = shape.value(QLatin1String("repository")).toString();
    model.name = shape.value(QLatin1String("name")).toString();
    model.license = shape.value(QLatin1String("license")).toString();
    model.description = description_of(shape);
    model.download_bytes = tokenizer_bytes;
    for (const ModelDescription::Tensor& tensor : model.description.tensors) model.download_bytes += tensor.bytes;
    models.push_back(std::move(model));
  }
  return models;
}

int recommended_starter(const std::vector<StarterChoice>& choices, std::uint64_t free_disk_bytes, bool has_gpu) {
  int best = -1;
  for (int i = 0; i < static_cast<int>(choices.size()); ++i) {
    const StarterChoice& choice = choices[static_cast<std::size_t>(i)];
    if (choice.estimate.fit == Fit::too_big || choice.download_bytes + starter_disk_reserve > free_disk_bytes) continue;
    const bool at_ease =
        choice.estimate.fit == Fit::fits_well && (has_gpu || choice.download_bytes <= processor_download);
    if (best < 0 || at_ease) best = i;
  }
  return best;
}

}  // namespace etna::gui
