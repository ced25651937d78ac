#include "gui/chat/compare/compare_controller.h"

#include <QRandomGenerator>
#include <algorithm>

#include "gui/chat/attachments/attachment_text.h"
#include "gui/chat/stored_message.h"
#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int frame_ms = 33;  // two transcripts share the thread of the screens
constexpr std::uint64_t longest_reply_tokens = 8192;

QString key_of(const CompareTarget& target) {
  return target.path + u'\n' + target.adapter;
}

}  // namespace

CompareController::CompareController(Engine& engine, LibraryController& library, ChatController* chats,
                                     QObject* parent)
    : QObject(parent), engine_(engine), library_(library), chats_(chats) {
  frame_.setSingleShot(true);
  frame_.setInterval(frame_ms);
  connect(&frame_, &QTimer::timeout, this, &CompareController::take_text);
  connect(&library_, &LibraryController::changed, this, [this] {
    if (open_ && !running_) find_choices();
  });
  // A comparison belongs to the chat that it began in.
  if (chats_)
    connect(chats_, &ChatController::currentChanged, this, [this] {
      if (open_ && keeps_ && chats_->current_id() != base_.chat) close();
    });
}

CompareController::~CompareController() = default;

void CompareController::begin() {
  if (open_ || !chats_) return;
  const CompareTarget now{library_.path(), QString::fromStdString(library_.model().adapter)};
  CompareTarget other{now.path, {}};
  for (const QString& path : library_.recent()->paths()) {
    if (path == now.path) continue;
    other.path = path;
    break;
  }
  base_ = chats_->continuation();
  draft_ = chats_->draft();
  emit draftChanged();
  start(true, now, other);
}

void CompareController::tryOut(const QString& path, const QString& adapter) {
  try_out({path, {}}, {path, adapter});
}

void CompareController::try_out(const CompareTarget& left, const CompareTarget& right) {
  close();
  base_ = {};
  set_draft({});
  start(false, left, right);
}

void CompareController::start(bool keeps, const CompareTarget& left, const CompareTarget& right) {
  keeps_ = keeps;
  open_ = true;
  set_note({});
  for (CompareColumn& column : columns_) column.clear();
  columns_[0].set_target(left);
  columns_[1].set_target(right);
  if (base_.settings.seed)
    set_seed(QString::number(*base_.settings.seed));
  else
    newSeed();
  find_choices();
  emit openChanged();
  emit changed();
}

void CompareController::find_choices() {
  QStringList paths = library_.recent()->paths();
  for (const CompareColumn& column : columns_) {
    if (!paths.contains(column.target().path)) paths << column.target().path;
  }
  if (!paths.contains(QString())) paths << QString();  // the starter
  if (paths == paths_) return;
  paths_ = paths;
  choices_.clear();
  for (const QString& path : paths_) choices_ << (path.isEmpty() ? tr("Etna Starter") : model_name_of(path));
  emit choicesChanged();
}

int CompareController::choice_of(int column) const {
  return static_cast<int>(paths_.indexOf(columns_[static_cast<std::size_t>(column)].target().path));
}

void CompareController::set_target(int column, const CompareTarget& target) {
  if (running_ || column < 0 || column > 1) return;
  columns_[static_cast<std::size_t>(column)].set_target(target);
  set_note({});
  emit choicesChanged();
  emit changed();
}

void CompareController::chooseModel(int column, int choice) {
  if (choice < 0 || choice >= paths_.size()) return;
  set_target(column, {paths_.at(choice), {}});
}

void CompareController::chooseAdapter(int column, const QUrl& folder) {
  if (column < 0 || column > 1) return;
  set_target(column, {columns_[static_cast<std::size_t>(column)].target().path, folder.toLocalFile()});
}

void CompareController::dropAdapter(int column) {
  if (column < 0 || column > 1) return;
  set_target(column, {columns_[static_cast<std::size_t>(column)].target().path, {}});
}

void CompareController::set_draft(const QString& draft) {
  if (draft == draft_) return;
  draft_ = draft;
  // In a chat it is the chat's, which is kept.
  if (keeps_ && open_) chats_->set_draft(draft);
  emit draftChanged();
  emit changed();
}

void CompareController::set_seed(const QString& seed) {
  bool is_number = false;
  const qulonglong value = seed.trimmed().toULongLong(&is_number);
  if (is_number) seed_ = QString::number(value);
  emit seedChanged();
}

void CompareController::newSeed() {
  set_seed(QString::number(QRandomGenerator::global()->bounded(1'000'000)));
}

QString CompareController::hint() const {
  if (columns_[0].target() == columns_[1].target())
    return tr("Both sides are the same. Choose another model or an adapter for one of them.");
  if (keeps_ && chats_ && chats_->busy()) return tr("A reply is still being written in the chat.");
  return {};
}

bool CompareController::can_send() const {
  return open_ && !running_ && hint().isEmpty() && !draft_.trimmed().isEmpty() &&
         !(keeps_ && (chats_->opening() || chats_->attachments()->reading()));
}

void CompareController::send() {
  if (!can_send()) return;
  const QString text = draft_.trimmed();
  // What was asked before is a part of the chat now, with the answer that it shows.
  if (keeps_) base_ = chats_->continuation();
  running_ = true;
  at_ = -1;
  ++run_;
  asked_ = base_.history;
  const AttachedFiles files = keeps_ ? chats_->attachments()->files() : AttachedFiles{};
  asked_.push_back({"user", with_attachments(text.toStdString(), files)});
  question_ = 0;
  const bool stored = keeps_ && base_.stored != 0;
  for (CompareColumn& column : columns_) column.ask(text, files, stored ? chats_->chat_store().new_id() : 0);
  set_draft({});
  if (keeps_) chats_->attachments()->set_files({});
  emit changed();
  if (!stored) return answer_next();
  // Nobody is asked before the question is on the disk.
  chats::Message message;
  message.id = question_ = chats_->chat_store().new_id();
  message.parent = base_.end;
  message.text = text.toStdString();
  message.attachments = stored_files(files);
  chats_->keep_question(base_.chat, std::move(message), [this, run = run_](const auto& outcome) {
    if (run != run_) return;
    if (outcome) return answer_next();
    for (CompareColumn& column : columns_) column.fail(reply_problem(outcome.failure()));
    finish();
  });
}

ModelId CompareController::loaded(const CompareTarget& target) const {
  const auto mine = mine_.constFind(key_of(target));
  if (mine != mine_.cend()) return mine->id;
  return library_.loaded_id(target.path, target.adapter);
}

LoadRequest CompareController::request_of(const CompareTarget& target) const {
  LoadRequest request = request_for(target.path, library_.load_store().read(target.path), library_.app_device());
  request.adapter = target.adapter.toStdString();
  return request;
}

void CompareController::answer_next() {
  if (++at_ > 1) return finish();
  prepare(at_);
}

void CompareController::prepare(int index) {
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  if (const ModelId model = loaded(column.target())) return ask(index, model);
  column.set_state(CompareColumn::Loading);
  library_.estimator().ask(QStringLiteral("compare"), request_of(column.target()),
                           [this, index, run = run_](const std::optional<LoadEstimate>& estimate) {
                             if (run == run_) load(index, estimate);
                           });
}

/// Where the memory does not hold both, the other side's model goes first.
void CompareController::load(int index, const std::optional<LoadEstimate>& estimate) {
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  const CompareTarget& other = columns_[static_cast<std::size_t>(1 - index)].target();
  const ModelId others = loaded(other);
  const bool both = !estimate || estimate->fit != Fit::too_big;  // a load that can't be estimated says why itself
  if (both) {
    set_note(tr("Both stay in memory."));
  } else if (others != 0) {
    set_note(tr("Memory does not hold both: %1 needs %2, and %3 are free. They are loaded one after the other.")
                 .arg(column.name(), format::memory_bytes(estimate->total()),
                      format::memory_bytes(estimate->usable_bytes)));
    if (mine_.remove(key_of(other)) > 0) {
      engine_.unload(others);
    } else {
      gave_way_ = other.path;
      has_given_way_ = true;
      library_.unload(others);
    }
  }
  Engine::LoadCallbacks callbacks;
  callbacks.progress = [this, index, run = run_](LoadProgress progress) {
    if (progress.bytes_total == 0) return;
    const double share = static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
    post(this, [this, index, run, share] {
      if (run == run_ && running_) columns_[static_cast<std::size_t>(index)].set_progress(share);
    });
  };
  callbacks.done = [this, index, run = run_, key = key_of(column.target())](ModelInfo model) {
    post(this, [this, index, run, key, model] {
      if (!open_) return void(engine_.unload(model.id));
      mine_.insert(key, model);
      if (run == run_ && running_) ask(index, model.id);
    });
  };
  callbacks.failed = [this, index, run = run_, path = column.target().path](Failure failure) {
    post(this, [this, index, run, path, failure] {
      if (run == run_ && running_) take_failure(index, load_problem(failure, path));
    });
  };
  request_ = engine_.load(request_of(column.target()), std::move(callbacks));
}

void CompareController::ask(int index, ModelId model) {
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  const auto mine = mine_.constFind(key_of(column.target()));
  const ModelInfo info = mine != mine_.cend() ? *mine : library_.info(model);
  // The settings of the chat, and the suggestions of the left side's model for both.
  if (index == 0) sampling_ = sampling_for(info, base_.settings);
  sampling_.seed = seed_.toULongLong();
  ChatRequest request;
  request.messages = asked_;
  request.model = model;
  request.sampling = sampling_;
  request.max_tokens = base_.settings.max_tokens.value_or(longest_reply_tokens);
  request.stop_texts = base_.settings.stop_texts;
  if (info.can_switch_thinking) request.enable_thinking = base_.settings.thinks.value_or(true);
  keep_begin(index, info);
  column.set_state(CompareColumn::Reading);
  inbox_ = std::make_shared<TextInbox>();

  Engine::ChatCallbacks callbacks;
  const auto tell = [this, run = run_] {
    post(this, [this, run] {
      if (run == run_ && !frame_.isActive()) frame_.start();
    });
  };
  callbacks.text = [inbox = inbox_, tell](const std::string& piece) {
    if (inbox->put([&](ReplyPieces& pieces) { pieces.text += piece; })) tell();
  };
  callbacks.thinking = [inbox = inbox_, tell](const std::string& piece) {
    if (inbox->put([&](ReplyPieces& pieces) { pieces.thinking += piece; })) tell();
  };
  callbacks.tool_call = [inbox = inbox_, tell](const ToolCall& call) {
    if (inbox->put([&](ReplyPieces& pieces) { pieces.tool_calls.push_back(call); })) tell();
  };
  callbacks.warning = [inbox = inbox_, tell](const std::string& sentence) {
    if (inbox->put([&](ReplyPieces& pieces) { pieces.warnings.push_back(sentence); })) tell();
  };
  callbacks.done = [this, index, run = run_](RunStatistics statistics) {
    post(this, [this, index, run, statistics] {
      if (run == run_ && running_) take_done(index, statistics);
    });
  };
  callbacks.failed = [this, index, run = run_](Failure failure) {
    post(this, [this, index, run, failure] {
      if (run == run_ && running_) take_failure(index, reply_problem(failure));
    });
  };
  request_ = engine_.chat(std::move(request), std::move(callbacks));
}

void CompareController::keep_begin(int index, const ModelInfo& model) {
  const CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  if (column.answer() == 0) return;
  chats::Run run;
  run.model_name = column.name().toStdString();
  run.model_path = model.path;
  run.device = model.device;
  run.sampling = sampling_;
  run.max_tokens = base_.settings.max_tokens.value_or(longest_reply_tokens);
  chats::Message message;
  message.id = column.answer();
  message.parent = question_;
  message.model_name = run.model_name;
  message.run = run;
  chats_->chat_store().begin_reply(base_.stored, message);
}

void CompareController::take_text() {
  if (!running_ || at_ < 0 || at_ > 1 || !inbox_) return;
  CompareColumn& column = columns_[static_cast<std::size_t>(at_)];
  const ReplyPieces pieces = inbox_->take();
  if (column.answer() != 0) chats_->chat_store().append_reply(column.answer(), pieces.text, pieces.thinking);
  column.take(pieces);
}

void CompareController::take_done(int index, const RunStatistics& statistics) {
  take_text();
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  column.end(statistics);
  if (column.answer() != 0)
    chats_->chat_store().end_reply(base_.stored, column.answer(),
                                   reply_end(column.messages()->at(column.answer_row())));
  answer_next();
}

/// The other side is asked all the same.
void CompareController::take_failure(int index, const Problem& problem) {
  take_text();
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  const bool began = column.state() == CompareColumn::Reading || column.state() == CompareColumn::Writing;
  mine_.remove(key_of(column.target()));  // a model that fails may be gone
  column.fail(problem);
  if (began && column.answer() != 0)
    chats_->chat_store().end_reply(base_.stored, column.answer(),
                                   reply_end(column.messages()->at(column.answer_row())));
  answer_next();
}

void CompareController::stop() {
  if (!running_) return;
  take_text();
  ++run_;  // what comes now is of no interest
  engine_.cancel(request_);
  RunStatistics stopped;
  stopped.stop_reason = StopReason::stopped;
  for (CompareColumn& column : columns_) {
    const bool began = column.state() == CompareColumn::Reading || column.state() == CompareColumn::Writing;
    if (began) {
      column.end(stopped);
      if (column.answer() != 0)
        chats_->chat_store().end_reply(base_.stored, column.answer(),
                                       reply_end(column.messages()->at(column.answer_row())));
    } else if (column.state() == CompareColumn::Waiting || column.state() == CompareColumn::Loading) {
      column.set_state(CompareColumn::Idle);
    }
  }
  finish();
}

/// The chat shows the left answer until another one is kept.
void CompareController::finish() {
  running_ = false;
  frame_.stop();
  inbox_.reset();
  if (question_ != 0) {
    const bool left = columns_[0].state() == CompareColumn::Done;
    const bool right = columns_[1].state() == CompareColumn::Done;
    chats_->show_stored(base_.chat, left ? columns_[0].answer() : right ? columns_[1].answer() : question_);
  }
  newSeed();
  emit changed();
}

void CompareController::keep(int index) {
  if (index < 0 || index > 1 || running_ || !keeps_) return;
  CompareColumn& column = columns_[static_cast<std::size_t>(index)];
  if (!column.can_keep()) return;
  if (column.answer() != 0)
    chats_->show_stored(base_.chat, column.answer());
  else
    chats_->add_exchange(base_.chat, column.messages()->at(0), column.messages()->at(column.answer_row()));
  for (CompareColumn& each : columns_) each.set_kept(&each == &column);
  emit kept();
}

void CompareController::close() {
  if (!open_) return;
  stop();
  open_ = false;
  for (const ModelInfo& model : std::as_const(mine_)) engine_.unload(model.id);
  mine_.clear();
  if (std::exchange(has_given_way_, false)) library_.load(gave_way_);
  question_ = 0;
  emit openChanged();
  emit changed();
}

void CompareController::set_note(const QString& note) {
  note_ = note;
  emit changed();
}

}  // namespace etna::gui
