#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>

#include "engine/generation/batch_generator.h"
#include "engine/session/chat_output.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

struct ChatBatchOptions {
  std::int64_t rows = 8;         ///< answers that are written side by side; 1 where positions depend on lengths
  std::uint64_t capacity = 0;    ///< tokens of a row, prompt and answer; 0: the model's context
  std::int64_t prompt_piece = 256;  ///< tokens of a prompt that are read between two steps of the others
};

/// Answers several requests side by side with a loaded model (continuous batching): requests may come at any time, each
/// with its own sampling, limits and stop texts. Each answer is what run_chat would say. Drafts are not used: the device
/// is busy. The time to the first token includes what a request waits for a row. One thread at a time; the model's chat
/// cache is left alone.
class ChatBatch {
public:
  /// Reserves memory for the rows. Throws out_of_memory; not_found where the model has no tokenizer.
  ChatBatch(ModelHost& host, const ChatBatchOptions& options);
  ~ChatBatch();

  /// `done` is called once, from next() or remove(). Neither it nor the sink may call the batch. Throws what is wrong with the request.
  BatchId insert(const ChatRequest& request, ChatSink sink, std::function<void(RunStatistics)> done);

  /// Ends an answer with StopReason::stopped; unknown ids are ignored.
  void remove(BatchId id);

  /// A token for each answer that is being written, and a piece of a prompt. False when there is nothing to do. A stop
  /// request ends all answers. ChatSink::step is called once, of any of them: what it throws ends the batch.
  bool next(const std::stop_token& stop = {});

private:
  struct Entry;

  void finish(BatchId id);

  ModelHost& host_;
  std::vector<Reservation> reservations_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<BatchGenerator> generator_;
  std::map<BatchId, std::unique_ptr<Entry>> entries_;
};

/// Answers all requests, `rows` at a time; `sink_of` and `answered` are told which by its index. All requests are checked
/// before the first is answered.
void run_chat_batch(ModelHost& host, std::span<const ChatRequest> requests, std::int64_t rows,
                    const std::function<ChatSink(std::size_t)>& sink_of,
                    const std::function<void(std::size_t, RunStatistics)>& answered, const std::stop_token& stop);

}  // namespace etna
