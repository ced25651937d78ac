#include "gui/training/run_store.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/base/error.h"
#include "gui/store/migration.h"

namespace etna::runs {
namespace {

namespace fs = std::filesystem;
using store::Database;
using store::Statement;
using store::Transaction;

constexpr const char* schema = R"sql(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, state INTEGER NOT NULL, draft TEXT NOT NULL, recipe TEXT NOT NULL,
  model TEXT NOT NULL, model_name TEXT NOT NULL, output TEXT NOT NULL, changed INTEGER NOT NULL,
  iterations INTEGER NOT NULL, iteration INTEGER NOT NULL, saved INTEGER NOT NULL,
  first_loss REAL NOT NULL, last_loss REAL NOT NULL, best_check REAL NOT NULL, best_iteration INTEGER NOT NULL,
  trained_tokens INTEGER NOT NULL, seconds REAL NOT NULL, peak_bytes INTEGER NOT NULL,
  adapter TEXT NOT NULL, fingerprint TEXT NOT NULL, version TEXT NOT NULL, code INTEGER NOT NULL, message TEXT NOT NULL);
CREATE TABLE steps (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, iteration INTEGER NOT NULL,
  loss REAL NOT NULL, learning_rate REAL NOT NULL, PRIMARY KEY (run, iteration)) WITHOUT ROWID;
CREATE TABLE checks (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, iteration INTEGER NOT NULL,
  loss REAL NOT NULL, PRIMARY KEY (run, iteration)) WITHOUT ROWID;
CREATE TABLE samples (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, iteration INTEGER NOT NULL,
  prompt TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (run, iteration, prompt)) WITHOUT ROWID;
)sql";

const std::array<store::Migration, 1> migrations = {
    store::Migration{1, [](Database& database) { database.run(schema); }}};

constexpr const char* columns =
    "id, name, state, draft, recipe, model, model_name, output, changed, iterations, iteration, saved, first_loss, "
    "last_loss, best_check, best_iteration, trained_tokens, seconds, peak_bytes, adapter, fingerprint, version, code, "
    "message";

std::int64_t now() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
}

RunState state_of(std::int64_t value) {
  const bool known = value >= 0 && value <= static_cast<std::int64_t>(RunState::interrupted);
  return known ? static_cast<RunState>(value) : RunState::failed;
}

Run read_run(Statement& row) {
  int at = 0;
  const auto number = [&] { return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(at++), 0)); };
  Run run;
  run.id = row.integer(at++);
  run.name = row.text(at++);
  run.state = state_of(row.integer(at++));
  run.draft = row.text(at++);
  run.recipe = row.text(at++);
  run.model = row.text(at++);
  run.model_name = row.text(at++);
  run.output = row.text(at++);
  run.changed = row.integer(at++);
  run.iterations = number();
  run.iteration = number();
  run.saved = number();
  run.first_loss = row.real(at++);
  run.last_loss = row.real(at++);
  run.best_check = row.real(at++);
  run.best_iteration = number();
  run.trained_tokens = number();
  run.seconds = row.real(at++);
  run.peak_bytes = number();
  run.adapter = row.text(at++);
  run.fingerprint = row.text(at++);
  run.version = row.text(at++);
  run.code = static_cast<int>(row.integer(at++));
  run.message = row.text(at++);
  return run;
}

}  // namespace

RunStore::RunStore(const fs::path& folder) : folder_(folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(Errc::io, "training runs: {}: {}", folder.string(), error.message());
  lock_ = store::FileLock::take(folder / "runs.lock");
  if (!lock_) fail(Errc::io, "training runs: another Etna uses them");
  open();
}

void RunStore::open() {
  database_ = Database::open(folder_ / "runs.sqlite", Database::Mode::create);
  store::migrate(*database_, migrations);
  database_->prepare("UPDATE runs SET state = ? WHERE state = ?")
      .with(static_cast<int>(RunState::interrupted), static_cast<int>(RunState::running))
      .run();
}

std::vector<Summary> RunStore::runs() {
  std::vector<Summary> all;
  Statement rows = database_->prepare("SELECT " + std::string(columns) + " FROM runs ORDER BY changed DESC, id DESC");
  while (rows.step()) all.push_back({read_run(rows), {}});
  for (Summary& summary : all) summary.spark = spark(summary.run.id);
  return all;
}

void RunStore::put(const Run& run) {
  Statement statement = database_->prepare(
      "INSERT INTO runs (" + std::string(columns) +
      ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
      "state = excluded.state, draft = excluded.draft, recipe = excluded.recipe, model = excluded.model, "
      "model_name = excluded.model_name, output = excluded.output, changed = excluded.changed, "
      "iterations = excluded.iterations, iteration = excluded.iteration, saved = excluded.saved, "
      "first_loss = excluded.first_loss, last_loss = excluded.last_loss, best_check = excluded.best_check, "
      "best_iteration = excluded.best_iteration, trained_tokens = excluded.trained_tokens, "
      "seconds = excluded.seconds, peak_bytes = excluded.peak_bytes, adapter = excluded.adapter, "
      "fingerprint = excluded.fingerprint, version = excluded.version, code = excluded.code, "
      "message = excluded.message");
  statement.with(run.id, run.name, static_cast<int>(run.state), run.draft, run.recipe, run.model, run.model_name,
                 run.output, now(), run.iterations, run.iteration, run.saved, run.first_loss, run.last_loss,
                 run.best_check, run.best_iteration, run.trained_tokens, run.seconds, run.peak_bytes, run.adapter,
                 run.fingerprint, run.version, run.code, run.message);
  statement.run();
}

void RunStore::remove(RunId id) {
  database_->prepare("DELETE FROM runs WHERE id = ?").with(id).run();
}

void RunStore::add(RunId id, const Events& events) {
  if (events.empty()) return;
  Transaction transaction(*database_);
  Statement step = database_->prepare("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?)");
  for (const Step& at : events.steps) step.with(id, at.iteration, at.loss, at.learning_rate).run();
  Statement check = database_->prepare("INSERT OR REPLACE INTO checks VALUES (?, ?, ?)");
  for (const Check& at : events.checks) check.with(id, at.iteration, at.loss).run();
  Statement sample = database_->prepare("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)");
  for (const Sample& at : events.samples) sample.with(id, at.iteration, at.prompt, at.answer).run();
  transaction.commit();
}

void RunStore::forget_after(RunId id, std::uint64_t iteration) {
  Transaction transaction(*database_);
  for (const char* table : {"steps", "checks", "samples"})
    database_->prepare("DELETE FROM " + std::string(table) + " WHERE run = ? AND iteration > ?")
        .with(id, iteration)
        .run();
  transaction.commit();
}

Events RunStore::events(RunId id) {
  Events events;
  Statement step =
      database_->prepare("SELECT iteration, loss, learning_rate FROM steps WHERE run = ? ORDER BY iteration");
  step.with(id);
  while (step.step()) events.steps.push_back({static_cast<std::uint64_t>(step.integer(0)), step.real(1), step.real(2)});
  Statement check = database_->prepare("SELECT iteration, loss FROM checks WHERE run = ? ORDER BY iteration");
  check.with(id);
  while (check.step()) events.checks.push_back({static_cast<std::uint64_t>(check.integer(0)), check.real(1)});
  Statement sample =
      database_->prepare("SELECT iteration, prompt, answer FROM samples WHERE run = ? ORDER BY iteration, prompt");
  sample.with(id);
  while (sample.step())
    events.samples.push_back({static_cast<std::uint64_t>(sample.integer(0)), sample.text(1), sample.text(2)});
  return events;
}

/// Means of as many pieces as the picture has places.
std::vector<double> RunStore::spark(RunId id) {
  Statement statement = database_->prepare(
      "SELECT AVG(loss) FROM steps WHERE run = ?1 GROUP BY iteration * ?2 / "
      "(1 + (SELECT MAX(iteration) FROM steps WHERE run = ?1)) ORDER BY MIN(iteration)");
  statement.with(id, static_cast<std::int64_t>(spark_points));
  std::vector<double> losses;
  while (statement.step()) losses.push_back(statement.real(0));
  return losses;
}

}  // namespace etna::runs
