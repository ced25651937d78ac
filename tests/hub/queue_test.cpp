#include <algorithm>
#include <condition_variable>

#include "hub/download_row.h"
#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;

class Queue : public testing::Test {
protected:
  DownloadQueue::Options options() {
    return {.data_folder = folder_ / "data",
            .cache_root = folder_ / "hub",
            .source = source_,
            .space = [this](const fs::path&) { return Space{.available = available_, .total = 1'000'000'000'000}; },
            .reserve = [](const Space&) { return std::uint64_t{1'000'000}; },
            .slack_bytes = 1000,
            .clock_speed = 100.0,
            .part = {.claim_bytes = mib / 4}};
  }

  void open() {
    queue_ = std::make_unique<DownloadQueue>(options());
    queue_->set_listener({.changed =
                              [this](const DownloadStatus& status) {
                                const std::scoped_lock lock(mutex_);
                                told_.push_back(status);
                              },
                          .removed =
                              [this](DownloadId id) {
                                const std::scoped_lock lock(mutex_);
                                removed_.push_back(id);
                              },
                          .reordered =
                              [this](const std::vector<DownloadId>& order) {
                                const std::scoped_lock lock(mutex_);
                                order_ = order;
                              }});
    queue_->start();
  }

  /// Waits until a row is in a state, as the listener is told.
  ::testing::AssertionResult reaches(DownloadId id, DownloadState state) {
    for (int i = 0; i < 6000; ++i) {
      if (const auto status = queue_->find(id); status && status->state == state) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(5ms);
    }
    const auto status = queue_->find(id);
    return ::testing::AssertionFailure() << (status ? std::string(name(status->state)) + ": " + status->sentence
                                                    : "gone");
  }

  bool was_told(DownloadId id, DownloadState state) {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(told_, [&](const auto& status) { return status.id == id && status.state == state; });
  }

  void add_model(std::uint64_t bytes = 3 * mib) {
    config_ = source_->add("config.json", "{}", HashKind::git_sha1);
    weights_ = source_->add("model.safetensors", random_bytes(bytes, 1));
    source_->add("modeling.py", "import os", HashKind::git_sha1);
    source_->add("pytorch_model.bin", "pickle", HashKind::sha256);
  }

  const TemporaryFolder folder_;
  const std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
  std::atomic<std::uint64_t> available_ = 100'000'000'000;
  RemoteFile config_, weights_;
  std::mutex mutex_;  // guards what the listener writes
  std::vector<DownloadStatus> told_;
  std::vector<DownloadId> removed_, order_;
  std::unique_ptr<DownloadQueue> queue_;
  const Cache cache_{folder_ / "hub"};
};

TEST_F(Queue, a_model_arrives_with_its_links_and_its_ref_and_without_programs_and_pickles) {
  add_model();
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  const auto status = queue_->wait(id);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, DownloadState::done) << status->sentence;
  EXPECT_EQ(status->sentence, "Ready");
  EXPECT_EQ(status->folder, cache_.snapshot(source_->id, source_->commit));
  EXPECT_EQ(status->files, 2u);
  EXPECT_EQ(cache_.ref(source_->id, "main"), source_->commit);
  EXPECT_EQ(hash_file(status->folder / "model.safetensors", HashKind::sha256), weights_.blob);
  EXPECT_EQ(read_text_file(status->folder / "config.json"), "{}");
  EXPECT_FALSE(fs::exists(status->folder / "modeling.py"));
  EXPECT_FALSE(fs::exists(status->folder / "pytorch_model.bin"));
}

TEST_F(Queue, chosen_files_only_and_the_same_request_is_the_same_row) {
  add_model();
  open();
  const DownloadId id = queue_->add({.repository = source_->id, .files = {"config.json"}});
  EXPECT_EQ(queue_->add({.repository = source_->id, .files = {"config.json"}}), id);
  const DownloadId other = queue_->add({.repository = source_->id, .files = {"nothing.gguf"}});
  EXPECT_NE(other, id);
  EXPECT_EQ(queue_->wait(id)->files, 1u);
  EXPECT_EQ(queue_->wait(other)->problem.code, "E-HUB-03");
  EXPECT_THROW(queue_->add({.repository = "../../etc"}), Error);
  EXPECT_THROW(queue_->add({.repository = "a/b", .revision = "../x"}), Error);
}

TEST_F(Queue, a_finished_row_asked_for_again_loads_what_was_removed_meanwhile) {
  add_model();
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::done));
  fs::remove_all(folder_ / "hub");
  EXPECT_EQ(queue_->add({.repository = source_->id}), id);
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_TRUE(fs::exists(cache_.blob(source_->id, weights_.blob)));
}

TEST_F(Queue, paused_and_resumed_it_fetches_nothing_twice) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  queue_->pause(id);
  ASSERT_TRUE(reaches(id, DownloadState::paused));
  while (source_->open > 0) std::this_thread::sleep_for(1ms);
  const std::uint64_t sent = source_->sent;
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(source_->sent, sent);
  const auto status = queue_->find(id);
  EXPECT_TRUE(status->sentence.starts_with("Paused")) << status->sentence;
  source_->bytes_per_second = 0;
  queue_->resume(id);
  EXPECT_EQ(queue_->wait(id)->state, DownloadState::done);
  EXPECT_LE(source_->sent, weights_.size + config_.size + mib);
}

TEST_F(Queue, others_are_told_whether_it_works_and_what_its_checks_found) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  EXPECT_FALSE(queue_->is_working());
  const DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(queue_->is_working());
  queue_->pause(id);
  ASSERT_TRUE(reaches(id, DownloadState::paused));
  EXPECT_FALSE(queue_->is_working());
  EXPECT_FALSE(queue_->records().find(cache_.blob(source_->id, weights_.blob)));
  source_->bytes_per_second = 0;
  queue_->resume(id);
  EXPECT_EQ(queue_->wait(id)->state, DownloadState::done);
  EXPECT_FALSE(queue_->is_working());
  const auto record = queue_->records().find(cache_.blob(source_->id, weights_.blob));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->hash, weights_.blob);
}

TEST_F(Queue, it_goes_on_in_the_next_program_and_paused_rows_stay_paused) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  const DownloadId first = queue_->add({.repository = source_->id});
  const DownloadId second = queue_->add({.repository = source_->id, .files = {"config.json"}});
  queue_->pause(second);
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  queue_.reset();
  source_->bytes_per_second = 0;
  open();
  const auto list = queue_->list();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].id, first);
  EXPECT_EQ(list[1].state, DownloadState::paused);
  EXPECT_EQ(queue_->wait(first)->state, DownloadState::done);
  EXPECT_LE(source_->sent, weights_.size + 2 * mib);
  EXPECT_EQ(queue_->find(second)->state, DownloadState::paused);
  EXPECT_GT(queue_->add({.repository = "org/third"}), second);
}

TEST_F(Queue, one_program_at_a_time_has_the_queue) {
  open();
  EXPECT_THROW(DownloadQueue{options()}, Error);
  queue_.reset();
  EXPECT_NO_THROW(DownloadQueue{options()});
}

TEST_F(Queue, without_room_it_waits_and_goes_on_by_itself) {
  add_model();
  available_ = 2'000'000;
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  auto status = *queue_->find(id);
  EXPECT_EQ(status.missing_space, weights_.size + 2 + 1'000'000 - 2'000'000);
  EXPECT_EQ(status.problem.code, "E-DSK-01");
  EXPECT_TRUE(status.sentence.starts_with("Paused: the disk is full. 2.15 MB more are needed.")) << status.sentence;
  EXPECT_EQ(source_->requests, 0);
  available_ = weights_.size + 2 + 1'000'000;  // without the slack
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(queue_->find(id)->state, DownloadState::out_of_space);
  available_ = weights_.size + 2 + 1'000'000 + 1000;
  EXPECT_TRUE(reaches(id, DownloadState::done));
  EXPECT_TRUE(queue_->find(id)->problem.code.empty());
}

TEST_F(Queue, the_user_may_load_although_there_is_no_room_by_the_numbers) {
  add_model();
  available_ = 0;
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  queue_->resume(id);
  EXPECT_TRUE(reaches(id, DownloadState::done));
}

TEST_F(Queue, consent_that_is_missing_is_told_and_asked_for_again_when_the_user_wants) {
  add_model();
  source_->next([] { throw FakeSource::problem(Trouble::gated, Retry::never); });
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  const auto status = queue_->wait(id);
  EXPECT_EQ(status->state, DownloadState::needs_access);
  EXPECT_EQ(status->problem.code, "E-HUB-01");
  queue_->resume(id);
  EXPECT_TRUE(reaches(id, DownloadState::done));
}

TEST_F(Queue, a_network_that_is_away_while_names_are_asked_for_is_waited_for) {
  add_model();
  for (int i = 0; i < 3; ++i)
    source_->next([] { throw FakeSource::problem(Trouble::no_network, Retry::with_backoff); });
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  EXPECT_TRUE(reaches(id, DownloadState::done));
  EXPECT_TRUE(was_told(id, DownloadState::reconnecting));
  EXPECT_EQ(source_->lists, 4);
}

TEST_F(Queue, a_failed_row_says_why_and_never_after_success) {
  add_model();
  source_->next([] { throw FakeSource::problem(Trouble::untrusted, Retry::never); });
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  EXPECT_EQ(queue_->wait(id)->state, DownloadState::failed);
  EXPECT_EQ(queue_->find(id)->problem.code, "E-NET-03");
  queue_->resume(id);
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(queue_->find(id)->problem, DownloadProblem{});
}

TEST_F(Queue, a_rewritten_branch_is_read_again_and_what_is_the_same_is_kept) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  queue_->pause(id);
  ASSERT_TRUE(reaches(id, DownloadState::paused));
  while (source_->open > 0) std::this_thread::sleep_for(1ms);
  source_->commit = std::string(40, 'd');
  source_->add("config.json", "{\"new\":1}", HashKind::git_sha1);
  source_->bytes_per_second = 0;
  queue_->resume(id);
  ASSERT_EQ(queue_->wait(id)->state, DownloadState::done);
  EXPECT_EQ(cache_.ref(source_->id, "main"), source_->commit);
  EXPECT_EQ(read_text_file(cache_.file(source_->id, source_->commit, "config.json")), "{\"new\":1}");
  EXPECT_LE(source_->sent, weights_.size + 2 * mib);
}

TEST_F(Queue, cancelled_with_its_files_nothing_remains_and_without_everything_does) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  queue_->cancel(id, CancelledFiles::keep);
  while (!queue_->list().empty() || source_->open > 0) std::this_thread::sleep_for(1ms);
  const fs::path part = cache_.part(source_->id, weights_.blob);
  const auto told_of = [&](DownloadId removed) {
    const std::scoped_lock lock(mutex_);
    return std::ranges::find(removed_, removed) != removed_.end();
  };
  while (!told_of(id)) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(fs::exists(part));
  EXPECT_LT(allocated_bytes(part), weights_.size);

  const std::uint64_t before = source_->sent;
  id = queue_->add({.repository = source_->id});
  while (source_->sent < before + 5 * mib) std::this_thread::sleep_for(1ms);
  queue_->cancel(id, CancelledFiles::remove);
  while (!told_of(id)) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(fs::exists(cache_.journal(source_->id, weights_.blob)));
  EXPECT_FALSE(cache_.find(source_->id, source_->commit, weights_.path));
  EXPECT_TRUE(queue_->list().empty());
}

TEST_F(Queue, cancelling_one_version_leaves_the_other_with_its_small_files) {
  const RemoteFile config = source_->add("config.json", "{}", HashKind::git_sha1);
  source_->add("q4.gguf", random_bytes(mib, 1));
  const RemoteFile large = source_->add("q8.gguf", random_bytes(9 * mib, 2));
  const RemoteFile larger = source_->add("q8-2.gguf", random_bytes(30 * mib, 3));
  open();
  const DownloadId first = queue_->add({.repository = source_->id, .files = {"config.json", "q4.gguf"}});
  ASSERT_TRUE(reaches(first, DownloadState::done));
  source_->bytes_per_second = 30 * mib;
  const DownloadId second = queue_->add({.repository = source_->id, .files = {"config.json", "q8.gguf", "q8-2.gguf"}});
  while (queue_->find(second)->files_done < 2) std::this_thread::sleep_for(1ms);
  queue_->cancel(second, CancelledFiles::remove);
  const auto is_removed = [&] {
    const std::scoped_lock lock(mutex_);
    return std::ranges::find(removed_, second) != removed_.end();
  };
  while (!is_removed()) std::this_thread::sleep_for(1ms);
  for (const RemoteFile& gone : {large, larger}) {
    EXPECT_FALSE(fs::exists(cache_.blob(source_->id, gone.blob)));
    EXPECT_FALSE(fs::exists(cache_.part(source_->id, gone.blob)));
  }
  EXPECT_TRUE(cache_.find(source_->id, source_->commit, config.path));
  EXPECT_TRUE(cache_.find(source_->id, source_->commit, "q4.gguf"));
}

TEST_F(Queue, rows_can_be_moved_and_two_files_at_most_are_loaded_at_once) {
  for (int i = 0; i < 6; ++i)
    source_->add(std::to_string(i) + ".gguf", random_bytes(2 * mib, static_cast<unsigned>(i)));
  source_->bytes_per_second = 4 * mib;
  open();
  std::vector<DownloadId> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(queue_->add({.repository = source_->id, .files = {std::to_string(i) + ".gguf"}}));
  queue_->move(ids[5], 0);
  EXPECT_EQ(queue_->list()[0].id, ids[5]);
  for (const DownloadId id : ids) ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_LE(source_->most_open, 2);
  const std::vector order{ids[5], ids[0], ids[1], ids[2], ids[3], ids[4]};
  const auto told = [&] {
    const std::scoped_lock lock(mutex_);
    return order_;
  };
  for (int i = 0; i < 6000 && told() != order; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(told(), order);
}

TEST_F(Queue, unknown_ids_are_ignored) {
  open();
  queue_->pause(99);
  queue_->resume(99);
  queue_->cancel(99, CancelledFiles::remove);
  queue_->move(99, 3);
  EXPECT_FALSE(queue_->find(99));
  EXPECT_FALSE(queue_->wait(99));
}

TEST_F(Queue, names_that_collide_or_lead_away_are_refused) {
  source_->add("A/x.gguf", "1");
  source_->add("a/y.gguf", "2");
  open();
  EXPECT_EQ(queue_->wait(queue_->add({.repository = source_->id}))->state, DownloadState::failed);
  source_->add("../../x.gguf", "3");
  EXPECT_EQ(queue_->wait(queue_->add({.repository = source_->id, .files = {"../../x.gguf"}}))->state,
            DownloadState::failed);
  EXPECT_FALSE(fs::exists(folder_ / "x.gguf"));
}

TEST_F(Queue, a_folder_that_went_away_is_waited_for_and_nothing_is_written_into_its_place) {
  add_model(30 * mib);
  source_->bytes_per_second = 20 * mib;
  open();
  const DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 5 * mib) std::this_thread::sleep_for(1ms);
  queue_.reset();
  // The cache as it would look on another disk: the saved queue names a file system that is not this one.
  fs::rename(folder_ / "hub", folder_ / "away");
  const fs::path saved = folder_ / "data" / "downloads.json";
  std::string text = read_text_file(saved);
  const auto at = text.find("\"file_system\": ") + 15;
  ASSERT_GT(at, 15u);
  text.replace(at, text.find_first_not_of("0123456789", at) - at, "7");
  write_file(saved, text);
  source_->bytes_per_second = 0;
  open();
  ASSERT_TRUE(reaches(id, DownloadState::paused));
  EXPECT_EQ(queue_->find(id)->problem.code, "E-DSK-04");
  EXPECT_FALSE(fs::exists(folder_ / "hub"));
  fs::rename(folder_ / "away", folder_ / "hub");
  EXPECT_TRUE(reaches(id, DownloadState::done));
}

TEST(SavedRows, what_is_saved_is_read_and_nonsense_left_out) {
  DownloadRow row;
  row.id = 3;
  row.request = {.repository = "org/name", .title = "T \xff", .files = {"a.gguf"}};
  row.repository = "org/name";
  row.commit = std::string(40, 'a');
  row.files.push_back({.file = {.path = "a.gguf", .blob = std::string(64, 'b'), .size = 5}, .done = true});
  row.state = DownloadState::out_of_space;
  row.problem = {.code = "E-DSK-01", .title = "t", .text = "x"};
  row.missing_space = 9;
  std::vector<DownloadRow> rows;
  rows.push_back(row);
  const std::string text = rows_to_json(rows);
  const SavedRows saved = rows_from_json(text, "test");
  ASSERT_EQ(saved.rows.size(), 1u);
  EXPECT_EQ(saved.next_id, 4u);
  EXPECT_EQ(saved.rows[0].commit, row.commit);
  EXPECT_EQ(saved.rows[0].files[0].file, row.files[0].file);
  EXPECT_TRUE(saved.rows[0].files[0].done);
  EXPECT_EQ(saved.rows[0].state, DownloadState::out_of_space);
  EXPECT_EQ(saved.rows[0].problem, row.problem);

  for (const auto& [good, bad] : std::vector<std::pair<std::string, std::string>>{{"\"out_of_space\"", "\"lost\""},
                                                                                  {"\"a.gguf\"", "\"../a\""},
                                                                                  {std::string(64, 'b'), "../../b"},
                                                                                  {std::string(40, 'a'), "main"},
                                                                                  {"\"id\": 3", "\"id\": 0"},
                                                                                  {"\"size\": 5", "\"size\": -5"},
                                                                                  {"\"size\": 5", "\"size\": 1e300"},
                                                                                  {"\"org/name\"", "\"../org\""},
                                                                                  {"\"done\"", "\"undone\""}}) {
    std::string damaged = text;
    const auto at = damaged.find(good) != damaged.npos && good == "\"a.gguf\""
                        ? damaged.rfind("\"path\": \"a.gguf\"") + 8
                        : damaged.find(good);
    ASSERT_NE(at, damaged.npos) << good;
    damaged.replace(at, good.size(), bad);
    const SavedRows rest = rows_from_json(damaged, "test");
    EXPECT_EQ(rest.refused, 1u) << bad;
    EXPECT_TRUE(rest.rows.empty()) << bad;
  }
  for (const char* id : {"0", "18446744073709551615"}) {  // the next one would be none
    std::string damaged = text;
    const std::string good = "\"id\": ";
    const std::size_t at = damaged.find(good) + good.size();
    damaged.replace(at, damaged.find_first_not_of("0123456789", at) - at, id);
    EXPECT_EQ(rows_from_json(damaged, "test").refused, 1u) << id;
  }
  EXPECT_THROW(rows_from_json("[]", "test"), Error);
  EXPECT_THROW(rows_from_json(text.substr(0, text.size() / 2), "test"), Error);
  EXPECT_THROW(rows_from_json(std::string(100'000, '['), "test"), Error);
}

TEST(Sentences, are_those_of_the_design) {
  DownloadStatus status{.state = DownloadState::queued, .position = 2};
  EXPECT_EQ(download_sentence(status), "Waiting · 2nd");
  status = {.state = DownloadState::downloading,
            .done_bytes = 2'100'000'000,
            .total_bytes = 4'900'000'000,
            .rate = 48.3e6,
            .time_left = 55s};
  EXPECT_EQ(download_sentence(status), "2.10 of 4.90 GB · 48.3 MB/s · about 55 s left");
  status.state = DownloadState::paused;
  EXPECT_EQ(download_sentence(status), "Paused at 42 %");
  status = {.state = DownloadState::reconnecting, .attempt = 3, .retry_in = 8s};
  EXPECT_EQ(download_sentence(status), "Connection lost. Trying again in 8 s (3rd time)");
  status = {.state = DownloadState::out_of_space, .missing_space = 3'100'000'000};
  EXPECT_EQ(download_sentence(status), "Paused: the disk is full. 3.10 GB more are needed.");
  status = {.state = DownloadState::repairing, .damaged_pieces = 2, .pieces = 614};
  EXPECT_EQ(download_sentence(status), "2 of 614 pieces were damaged. Loading them again.");
}

TEST(Choice, what_tells_what_a_model_is_comes_first) {
  std::vector<RemoteFile> files;
  for (const char* path : {"model-00002-of-00002.safetensors", "tokenizer.json", "README.md", "config.json",
                           "model.safetensors.index.json", "model-00001-of-00002.safetensors", "x.py", ".gitattributes",
                           "pytorch_model.bin", "original/consolidated.00.pth", "onnx/model.onnx"}) {
    files.push_back({.path = path});
  }
  std::vector<std::string> order;
  for (const RemoteFile& file : wanted_by_default(files)) order.push_back(file.path);
  EXPECT_EQ(order,
            (std::vector<std::string>{"config.json", "tokenizer.json", "model.safetensors.index.json", "README.md",
                                      "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}));
  EXPECT_EQ(wanted_by_default({{.path = "pytorch_model.bin"}}).size(), 1u);
}

}  // namespace
}  // namespace etna::hub
