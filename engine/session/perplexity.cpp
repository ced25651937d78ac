#include "engine/session/perplexity.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/generation/scorer.h"
#include "engine/session/memory_estimate.h"
#include "engine/session/model_internals.h"
#include "engine/template/chat_template.h"

namespace etna {

namespace {

const Tokenizer& tokenizer_of(const ModelHost& host) {
  if (!host.tokenizer()) fail(Errc::not_found, "perplexity: {} has no tokenizer, so text cannot be read", host.info().path);
  return *host.tokenizer();
}

/// Records of {"text"}, {"messages"} or {"tokens"}, in a random order that the seed decides.
class Records {
public:
  Records(const std::filesystem::path& path, const ModelHost& host) : path_(path), host_(host) {
    text_ = read_text_file(path);
    for (std::size_t begin = 0, line = 1; begin < text_.size(); ++line) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      const std::string_view record = std::string_view(text_).substr(begin, end - begin);
      if (record.find_first_not_of(" \t\r") != record.npos) lines_.push_back({record, line});
      begin = end + 1;
    }
  }

  std::vector<std::int32_t> read(std::uint64_t seed, std::size_t most_tokens) {
    std::mt19937_64 random(seed);
    for (std::size_t i = lines_.size(); i > 1; --i) std::swap(lines_[i - 1], lines_[random() % i]);
    std::vector<std::int32_t> ids;
    for (const Line& line : lines_) {
      if (ids.size() >= most_tokens) break;
      const std::vector<std::int32_t> more = encode(line);
      ids.insert(ids.end(), more.begin(), more.end());
    }
    return ids;
  }

private:
  struct Line {
    std::string_view text;
    std::size_t number;
  };

  std::vector<std::int32_t> encode(const Line& line) const {
    const std::string where = path_.string() + " line " + std::to_string(line.number);
    const nlohmann::ordered_json record = parse_ordered_json(line.text, where);
    if (record.is_object() && record.contains("text") && record["text"].is_string()) {
      return tokenizer().encode(record["text"].get_ref<const std::string&>(), AddSpecialTokens::yes);
    }
    if (record.is_object() && record.contains("tokens")) return read_ids(record["tokens"], where);
    if (!record.is_object() || !record.contains("messages") || !record["messages"].is_array()) {
      fail(Errc::corrupt, R"({}: wanted an object with "text" (a text), "messages" (a list) or "tokens" (a list of ids))", where);
    }
    if (tokenizer().chat_template().empty()) fail(Errc::unsupported, "{}: messages need a chat template, which the model does not have", where);
    const ChatTemplate chat_template = ChatTemplate::parse(tokenizer().chat_template(), "chat template");
    const std::string text = chat_template.render({.messages = &record["messages"], .special_tokens = tokenizer().special_tokens()});
    return tokenizer().encode(text, AddSpecialTokens::no);
  }

  const Tokenizer& tokenizer() const { return tokenizer_of(host_); }

  static std::vector<std::int32_t> read_ids(const nlohmann::ordered_json& list, const std::string& where) {
    std::vector<std::int32_t> ids;
    const auto is_id = [](const nlohmann::ordered_json& item) { return item.is_number_integer() && item >= 0 && item <= std::numeric_limits<std::int32_t>::max(); };
    if (!list.is_array() || !std::ranges::all_of(list, is_id)) fail(Errc::corrupt, "{}: \"tokens\" is no list of token ids", where);
    for (const nlohmann::ordered_json& item : list) ids.push_back(item.get<std::int32_t>());
    return ids;
  }

  std::filesystem::path path_;
  const ModelHost& host_;
  std::string text_;
  std::vector<Line> lines_;
};

std::int64_t window_length(const ModelHost& host, std::size_t ids, const PerplexityRequest& request) {
  if (request.batch_size < 1 || request.sequence_length < 2) {
    fail(Errc::invalid_argument, "perplexity: batches of {} windows of {} tokens; at least 1 and 2 are wanted", request.batch_size, request.sequence_length);
  }
  if (ids < 2) fail(Errc::invalid_argument, "perplexity: the text has {} tokens; at least 2 are wanted", ids);
  std::int64_t length = std::min(request.sequence_length, static_cast<std::int64_t>(ids));
  const auto trained = static_cast<std::int64_t>(host.info().trained_context_length);
  return trained >= 2 ? std::min(length, trained) : length;
}

void check_ids(std::span<const std::int32_t> ids, std::uint64_t vocab_size) {
  for (const std::int32_t id : ids) {
    if (id < 0 || static_cast<std::uint64_t>(id) >= vocab_size) {
      fail(Errc::invalid_argument, "perplexity: the text has token {}, which is outside the model's vocabulary of {}", id, vocab_size);
    }
  }
}

/// Mean and deviation in float64.
void summarize(std::span<const float> scores, PerplexityReport& report) {
  const auto count = static_cast<double>(scores.size());
  double sum = 0, squares = 0;
  for (const float score : scores) sum -= score;
  report.mean_nll = sum / count;
  for (const float score : scores) squares += (-score - report.mean_nll) * (-score - report.mean_nll);
  report.tokens = scores.size();
  report.perplexity = std::exp(report.mean_nll);
  if (scores.size() > 1) report.standard_error = report.perplexity * std::sqrt(squares / (count - 1)) / std::sqrt(count);
}

}  // namespace

std::vector<std::int32_t> read_perplexity_text(const ModelHost& host, const PerplexityRequest& request) {
  if (request.text_file.empty() == request.data_path.empty()) {
    fail(Errc::invalid_argument, "perplexity: wanted one of a text file and a data path");
  }
  const std::filesystem::path path(request.text_file.empty() ? request.data_path : request.text_file);
  if (!request.text_file.empty() || path.extension() == ".txt") {
    return tokenizer_of(host).encode(read_text_file(path), AddSpecialTokens::yes);
  }
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    fail(Errc::not_found, "{}: there is no such file; data sets of the Hugging Face hub cannot be read yet", path.string());
  }
  if (path.extension() != ".jsonl") fail(Errc::unsupported, "{}: only .txt and .jsonl files can be read", path.string());
  const std::size_t all = std::numeric_limits<std::size_t>::max();
  const std::size_t most = request.samples < 0 ? all : static_cast<std::size_t>(request.samples) * static_cast<std::size_t>(request.sequence_length);
  return Records(path, host).read(request.seed, most);
}

PerplexityReport measure_perplexity(ModelHost& host, std::span<const std::int32_t> ids, const PerplexityRequest& request,
                                    const Progress& progress) {
  ModelHost::Internals& in = host.internals();
  const std::int64_t length = window_length(host, ids.size(), request);
  std::int64_t windows = static_cast<std::int64_t>(ids.size()) / length;
  if (request.samples >= 0) windows = std::min(windows, std::max<std::int64_t>(request.samples, 1));
  ids = ids.first(static_cast<std::size_t>(windows * length));
  check_ids(ids, in.info.vocab_size);

  RunnerOptions options = in.runner_options;
  options.batch = std::min(request.batch_size, windows);
  options.capacity = length;
  constexpr std::uint64_t logit_bytes = Scorer::group_size * 3 * sizeof(float);  // three steps of a softmax
  const std::vector<Reservation> reservations =
      in.reserve(options, "measuring perplexity", {.texts = options.batch, .logit_bytes = in.info.vocab_size * logit_bytes});
  in.reset_peak();
  Scorer scorer(in.parts(), in.config.vocab_size, options);

  PerplexityReport report;
  report.windows = static_cast<std::uint64_t>(windows);
  report.sequence_length = static_cast<std::uint64_t>(length);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<float> scores;
  for (std::int64_t first = 0; first < windows; first += options.batch) {
    const std::int64_t here = std::min(options.batch, windows - first);
    const auto part = ids.subspan(static_cast<std::size_t>(first * length), static_cast<std::size_t>(here * length));
    std::vector<std::int32_t> batch(part.begin(), part.end());
    batch.resize(static_cast<std::size_t>(options.batch * length), 0);  // empty places of the last batch
    const std::vector<float> all = scorer.score(batch, progress);
    scores.insert(scores.end(), all.begin(), all.begin() + here * (length - 1));
    progress(static_cast<std::uint64_t>(first + here), static_cast<std::uint64_t>(windows));
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report.peak_memory_bytes = in.peak_bytes();
  host.check_files();
  summarize(scores, report);
  return report;
}

}  // namespace etna
