#include "gui/prompts/reply_details.h"

#include <QLocale>
#include <cmath>

#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString number(double value) {
  return QLocale().toString(value, 'g', 4);
}

QString source_text(const CachedTokens& tokens) {
  QStringList parts;
  const auto add = [&](std::uint64_t count, const QString& text) {
    if (count > 0) parts << text.arg(QLocale().toString(static_cast<qulonglong>(count)));
  };
  add(tokens.context, ReplyDetails::tr("%1 from the chat itself"));
  add(tokens.memory, ReplyDetails::tr("%1 from memory"));
  add(tokens.disk, ReplyDetails::tr("%1 from disk"));
  add(tokens.snapshot, ReplyDetails::tr("%1 from a snapshot"));
  return parts.join(QStringLiteral(", "));
}

/// What differs from "as likely as the model says", and always the temperature.
QString sampling_text(const SamplingSettings& sampling) {
  if (sampling.temperature <= 0) return ReplyDetails::tr("always the most likely token");
  QStringList parts{ReplyDetails::tr("temperature %1").arg(number(sampling.temperature))};
  if (sampling.top_p < 1) parts << ReplyDetails::tr("top-p %1").arg(number(sampling.top_p));
  if (sampling.top_k > 0) parts << ReplyDetails::tr("top-k %1").arg(sampling.top_k);
  if (sampling.min_p > 0) parts << ReplyDetails::tr("min-p %1").arg(number(sampling.min_p));
  if (sampling.repetition_penalty > 0)
    parts << ReplyDetails::tr("repeat penalty %1").arg(number(sampling.repetition_penalty));
  return parts.join(QStringLiteral(", "));
}

}  // namespace

void ReplyDetails::add(const QString& name, const QString& value) {
  if (value.isEmpty()) return;
  names_ << name;
  values_ << value;
}

void ReplyDetails::add_prompt(const RunStatistics& statistics) {
  if (statistics.prompt_tokens == 0) return;
  add(tr("Prompt"), format::tokens(statistics.prompt_tokens));
  const double share =
      100.0 * static_cast<double>(statistics.cached_tokens) / static_cast<double>(statistics.prompt_tokens);
  const QString sources = source_text(statistics.cache.tokens);
  const QString cached = tr("%1 (%2 %)").arg(format::tokens(statistics.cached_tokens)).arg(std::lround(share));
  add(tr("From cache"), sources.isEmpty() ? cached : tr("%1: %2").arg(cached, sources));
  const QString sentence = QString::fromStdString(statistics.cache.sentence);
  if (!sentence.isEmpty())
    add(tr("Why not more"),
        statistics.cache.missed_tokens > 0
            ? tr("%1; %2 were read again").arg(sentence, format::tokens(statistics.cache.missed_tokens))
            : sentence);
  if (statistics.prompt_seconds <= 0) return;
  const std::uint64_t read = statistics.prompt_tokens - std::min(statistics.cached_tokens, statistics.prompt_tokens);
  add(tr("Evaluation"), tr("%1 in %2 (%3)")
                            .arg(format::tokens(read), format::seconds(statistics.prompt_seconds),
                                 format::rate(statistics.prompt_tokens_per_second())));
}

void ReplyDetails::add_answer(const RunStatistics& statistics) {
  if (statistics.generated_tokens > 0) {
    add(tr("First token"), tr("after %1").arg(format::seconds(statistics.first_token_seconds)));
    add(tr("Reply"), tr("%1 in %2 (%3)")
                         .arg(format::tokens(statistics.generated_tokens), format::seconds(statistics.decode_seconds),
                              format::rate(statistics.decode_tokens_per_second())));
  }
  if (statistics.thinking_tokens > 0)
    add(tr("Thinking"),
        tr("%1 of them in %2")
            .arg(format::tokens(statistics.thinking_tokens), format::seconds(statistics.thinking_seconds)));
  if (statistics.drafted_tokens > 0)
    add(tr("Guessed ahead"), tr("%1, %2 of them right")
                                 .arg(format::tokens(statistics.drafted_tokens),
                                      QLocale().toString(static_cast<qulonglong>(statistics.accepted_tokens))));
  if (statistics.peak_memory_bytes > 0) add(tr("Memory peak"), format::memory_bytes(statistics.peak_memory_bytes));
}

void ReplyDetails::add_run(const chats::Run& run) {
  add(tr("Sampling"), sampling_text(run.sampling));
  if (run.max_tokens > 0) add(tr("Longest reply"), format::tokens(run.max_tokens));
}

void ReplyDetails::show(MessageList* messages, int row) {
  names_.clear();
  values_.clear();
  if (messages && row >= 0 && row < messages->count()) {
    const MessageList::Message& message = messages->at(row);
    add(tr("Model"), message.model_name);
    if (message.run) {
      add(tr("Model file hash"),
          message.run->model_hash.empty() ? tr("not noted") : QString::fromStdString(message.run->model_hash));
      add(tr("Device"), QString::fromStdString(message.run->device));
    }
    if (message.statistics) add_prompt(*message.statistics);
    if (message.run) add_run(*message.run);
    const auto seed = message.run && message.run->sampling.seed ? message.run->sampling.seed
                      : message.statistics                      ? message.statistics->seed
                                                                : std::nullopt;
    if (seed) add(tr("Seed"), QString::number(static_cast<qulonglong>(*seed)));
    if (message.statistics) {
      add_answer(*message.statistics);
      add(tr("Stopped"), QString::fromUtf8(words(message.statistics->stop_reason)));
    }
    add(tr("Problem"), message.problem.details);
  }
  emit changed();
}

QString ReplyDetails::text() const {
  QString lines;
  for (qsizetype i = 0; i < names_.size(); ++i) lines += names_[i] + QLatin1String(": ") + values_[i] + u'\n';
  return lines;
}

}  // namespace etna::gui
