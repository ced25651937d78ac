#include "gui/training/training_controller.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QDir>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

/// The wizard behind the window, on training that is made up.
class TrainingTest : public AppTest {
protected:
  void SetUp() override { qputenv("ETNA_FAKE_STEPS", "2000"); }

  void TearDown() override {
    AppTest::TearDown();
    qunsetenv("ETNA_FAKE_STEPS");
  }

  TrainingController& training() { return *app->training(); }

  RunView& view() { return *training().view(); }

  static QVariant cell(TuneRows& rows, int row, const char* role) {
    return rows.data(rows.index(row), rows.roleNames().key(role));
  }

  static QStringList column(TuneRows& rows, const char* role) {
    QStringList all;
    for (int row = 0; row < rows.count(); ++row) all << cell(rows, row, role).toString();
    return all;
  }

  /// A draft that could be started.
  void prepare(const QString& model = {}, const QString& file = QStringLiteral("/data/chat.jsonl")) {
    training().open();
    training().chooseModel(model);
    training().data()->choose(QUrl::fromLocalFile(file));
    ASSERT_TRUE(becomes([this] { return training().data()->report().complete && !training().estimating(); }));
  }

  void start(const QString& model = {}) {
    prepare(model);
    ASSERT_TRUE(training().ready()) << column(*training().missing(), "what").join(u'\n').toStdString();
    training().settings()->set_preset(0);
    ASSERT_TRUE(becomes([this] { return training().ready(); }));
    training().start();
  }

  bool ends() {
    return becomes([this] { return !training().active(); });
  }
};

TEST_F(TrainingTest, TheListsKeepTheRulesOfModels) {
  const QAbstractItemModelTester runs(training().runs(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  const QAbstractItemModelTester missing(training().missing(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  const QAbstractItemModelTester findings(training().data()->findings(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
  start();
  EXPECT_TRUE(ends());
}

TEST_F(TrainingTest, SaysWhatIsMissingUntilNothingIs) {
  training().open();
  EXPECT_EQ(column(*training().missing(), "what"), QStringList({"Choose a model", "Choose a file of examples"}));
  EXPECT_FALSE(training().can_continue());
  prepare();
  EXPECT_TRUE(becomes([this] { return training().ready(); }));
  EXPECT_EQ(training().missing()->count(), 0);
  EXPECT_TRUE(
      training().review_text().startsWith(QStringLiteral("Train Etna Starter on 3,044 rows for 2 passes (1,522 steps)")))
      << training().review_text().toStdString();
  EXPECT_GT(training().bars()->count(), 0);
}

TEST_F(TrainingTest, WhatDoesNotFitIsNotStarted) {
  prepare(QStringLiteral("/models/toobig-Qwen3-24B"));
  ASSERT_TRUE(becomes([this] { return training().missing()->count() > 0; }));
  EXPECT_TRUE(column(*training().missing(), "what").first().startsWith(QStringLiteral("Not enough memory: needs")));
  EXPECT_FALSE(training().ready());
  training().start();
  EXPECT_FALSE(training().active());
}

TEST_F(TrainingTest, BrokenLinesAreSkippedWhenThatIsChosen) {
  prepare({}, QStringLiteral("/data/broken.jsonl"));
  EXPECT_EQ(column(*training().missing(), "what"), QStringList("Settle a problem in the data"));
  EXPECT_EQ(cell(*training().data()->findings(), 0, "text").toString(),
            QStringLiteral("Line 217 is not valid JSON: unexpected end."));
  training().data()->act(0, 1);
  EXPECT_TRUE(becomes([this] { return training().ready(); }));
}

TEST_F(TrainingTest, ColumnsThatAreNotClearAreNamedByAPerson) {
  prepare({}, QStringLiteral("/data/unclear.csv"));
  EXPECT_EQ(column(*training().missing(), "what"), QStringList("Say what the columns are for"));
  EXPECT_TRUE(training().data()->mapping_shown());
  training().data()->setRole(0, 1);
  training().data()->setRole(1, 2);
  EXPECT_TRUE(becomes([this] { return training().ready(); }));
  EXPECT_TRUE(training().data()->mapping_shown()) << "and can be changed again";
}

TEST_F(TrainingTest, ALongerLimitIsOneClickAway) {
  prepare();
  ASSERT_TRUE(becomes([this] { return training().ready(); }));
  const QStringList texts = column(*training().data()->findings(), "text");
  ASSERT_TRUE(texts.first().startsWith(QStringLiteral("12 rows are longer than 1024 tokens")))
      << texts.join(u'\n').toStdString();
  training().data()->act(0, 1);
  EXPECT_TRUE(becomes([this] { return training().ready() && training().data()->findings()->count() == 1; }));
}

TEST_F(TrainingTest, ADraftIsThereAgainAfterARestart) {
  prepare();
  training().set_name(QStringLiteral("legal tone"));
  training().settings()->setNumber(QStringLiteral("rank"), 12);
  training().goTo(TrainingController::Settings);
  restart();
  training().open();
  ASSERT_TRUE(becomes([this] { return training().runs()->count() == 1; }));
  EXPECT_EQ(training().name(), QStringLiteral("legal tone"));
  EXPECT_EQ(training().step(), TrainingController::Settings);
  EXPECT_EQ(training().data()->file_name(), QStringLiteral("chat.jsonl"));
  EXPECT_TRUE(becomes([this] { return training().ready(); }));
}

TEST_F(TrainingTest, ARunGoesToItsEndAndItsCurveIsKept) {
  start();
  ASSERT_TRUE(training().active());
  EXPECT_EQ(training().step(), TrainingController::Run);
  ASSERT_TRUE(ends());
  EXPECT_EQ(training().step(), TrainingController::Results);
  EXPECT_EQ(view().state_words(), QStringLiteral("Finished"));
  EXPECT_TRUE(view().has_adapter());
  EXPECT_EQ(view().loss()->steps().size(), 100u);
  EXPECT_EQ(view().loss()->checks().size(), 5u);
  EXPECT_EQ(view().samples()->count(), 3);
  restart();
  training().open();
  ASSERT_TRUE(becomes([this] { return training().runs()->count() == 1; }));
  training().showRun(cell(*training().runs(), 0, "runId").toDouble());
  EXPECT_EQ(training().step(), TrainingController::Results);
  EXPECT_TRUE(becomes([this] { return view().loss()->steps().size() == 100; }));
}

TEST_F(TrainingTest, APausedRunGoesOn) {
  start(QStringLiteral("/models/halts-Qwen3-4B"));
  ASSERT_TRUE(becomes([this] { return view().run().iteration == 12; }));
  training().pause();
  ASSERT_TRUE(becomes([this] { return view().paused(); }));
  EXPECT_EQ(view().state_words(), QStringLiteral("Paused at step 12"));
  EXPECT_EQ(view().run().saved, 12u);
  training().goOn();
  EXPECT_TRUE(ends());
  EXPECT_EQ(view().run().iteration, 100u);
}

TEST_F(TrainingTest, AStoppedRunIsKeptOrThrownAway) {
  for (const bool keep : {true, false}) {
    start(QStringLiteral("/models/halts-Qwen3-4B"));
    ASSERT_TRUE(becomes([this] { return view().run().iteration == 12; }));
    training().stop(keep);
    ASSERT_TRUE(ends());
    EXPECT_EQ(view().has_adapter(), keep);
    EXPECT_EQ(view().state_words(),
              keep ? QStringLiteral("Stopped at step 12 and kept") : QStringLiteral("Stopped and thrown away"));
    training().newRun();
  }
}

TEST_F(TrainingTest, AnUnstableRunOffersHalfTheStrength) {
  start(QStringLiteral("/models/unstable-Qwen3-4B"));
  ASSERT_TRUE(ends());
  EXPECT_TRUE(view().unstable());
  EXPECT_EQ(view().notice_title(), QStringLiteral("Training became unstable"));
  EXPECT_TRUE(view().notice_body().contains(QStringLiteral("at step 57. Step 50 is kept")))
      << view().notice_body().toStdString();
  training().tryHalf();
  EXPECT_TRUE(training().editable());
  EXPECT_EQ(training().step(), TrainingController::Review);
  EXPECT_TRUE(becomes([this] { return training().ready(); }));
  EXPECT_EQ(cell(*training().settings()->advanced(), 5, "key").toString(), QStringLiteral("learning_rate"));
  EXPECT_EQ(cell(*training().settings()->advanced(), 5, "number").toDouble(), 1e-4);
}

TEST_F(TrainingTest, ARefusalIsExplained) {
  start(QStringLiteral("/models/refuses-Qwen3-4B"));
  ASSERT_TRUE(ends());
  EXPECT_EQ(view().notice_title(), QStringLiteral("Not enough memory to train"));
  EXPECT_TRUE(view().notice_body().startsWith(QStringLiteral("Training needs 14.2 GiB; 12 GiB may be used.")));
}

TEST_F(TrainingTest, ARunThatMemorisesSaysSoOnce) {
  start(QStringLiteral("/models/memorises-Qwen3-4B"));
  QString hint;
  ASSERT_TRUE(becomes([&] {
    if (hint.isEmpty()) hint = view().hint();
    return !training().active();
  }));
  EXPECT_EQ(view().run().best_iteration, 20u) << "the first check was the best";
}

TEST_F(TrainingTest, AKilledProgramsRunIsInterruptedAndGoesOnFromItsCheckpoint) {
  start(QStringLiteral("/models/halts-Qwen3-4B"));
  ASSERT_TRUE(becomes([this] { return view().run().iteration == 12; }));
  const runs::Run run = view().run();
  QDir().mkpath(QString::fromStdString(run.output));
  QFile checkpoint(QString::fromStdString(run.output) + QStringLiteral("/checkpoint.txt"));
  ASSERT_TRUE(checkpoint.open(QIODevice::WriteOnly));
  checkpoint.write("10");
  checkpoint.close();
  restart();  // nobody paused it: the store says that it is running
  training().open();
  ASSERT_TRUE(becomes([this] { return view().resume_text() == QStringLiteral("Resume from step 10"); }))
      << view().resume_text().toStdString();
  EXPECT_EQ(view().state_words(), QStringLiteral("Interrupted at step 12"));
  EXPECT_EQ(training().step(), TrainingController::Run);
  ASSERT_TRUE(becomes([this] { return view().loss()->steps().size() == 12; }));
  bool went_back = false;
  QObject::connect(&training().runner(), &TrainingRunner::went_back, &training(),
                   [&](quint64 iteration) { went_back = iteration == 10; });
  training().goOn();
  ASSERT_TRUE(becomes([&] { return went_back && view().run().iteration == 12; }));
  training().pause();  // it halts at step 12 again
  ASSERT_TRUE(becomes([this] { return view().paused(); }));
  training().goOn();
  ASSERT_TRUE(ends());
  const auto& steps = view().loss()->steps();
  ASSERT_EQ(steps.size(), 100u);
  for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i].iteration, i + 1) << "each step once";
}

TEST_F(TrainingTest, QuittingPausesTheRunFirst) {
  start(QStringLiteral("/models/halts-Qwen3-4B"));
  ASSERT_TRUE(becomes([this] { return view().run().iteration == 12; }));
  EXPECT_FALSE(training().mayQuit());
  bool ready = false;
  QObject::connect(&training(), &TrainingController::quitReady, &training(), [&] { ready = true; });
  training().pauseForQuit();
  ASSERT_TRUE(becomes([&] { return ready; }));
  restart();
  training().open();
  EXPECT_TRUE(becomes([this] { return view().resume_text() == QStringLiteral("Resume from step 12"); }));
  EXPECT_EQ(view().state_words(), QStringLiteral("Paused at step 12"));
}

TEST_F(TrainingTest, AFinishedRunIsExportedComparedAndTrainedFurther) {
  start();
  ASSERT_TRUE(ends());
  QString said;
  QObject::connect(&training(), &TrainingController::said, &training(),
                   [&](const QString& sentence) { said = sentence; });
  training().exportAdapter(QUrl::fromLocalFile(folder.filePath(QStringLiteral("out"))), false);
  ASSERT_TRUE(becomes([&] { return !said.isEmpty(); }));
  EXPECT_TRUE(QFile::exists(folder.filePath(QStringLiteral("out/New adapter/adapters.safetensors"))))
      << said.toStdString();
  said.clear();
  training().mergeInto(QUrl::fromLocalFile(folder.path()));
  ASSERT_TRUE(becomes([&] { return !said.isEmpty(); }));
  EXPECT_TRUE(QFile::exists(folder.filePath(QStringLiteral("Etna Starter New adapter/model.safetensors"))))
      << said.toStdString();
  EXPECT_LT(training().merge_progress(), 0);
  EXPECT_TRUE(training().merge_text().startsWith(QStringLiteral("The merged model takes")))
      << training().merge_text().toStdString();
  training().trainFurther();
  EXPECT_EQ(training().name(), QStringLiteral("New adapter 2"));
  ASSERT_TRUE(becomes([this] { return training().ready(); }));
  training().start();
  ASSERT_TRUE(ends());
  EXPECT_TRUE(QString::fromStdString(view().run().recipe).contains(QStringLiteral("resume_adapter_file")));
  EXPECT_EQ(training().other_names(), QStringList({"No other run", "New adapter"}));
  training().compareWith(1);
  EXPECT_TRUE(becomes([this] { return view().loss()->plot().series.size() == 5; }));
}

TEST_F(TrainingTest, WhatWasLearnedIsUsedInAChat) {
  start();
  ASSERT_TRUE(ends());
  training().useInChat();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_EQ(library().load_store().read({}).adapter.toStdString(), view().run().adapter);
}

}  // namespace
}  // namespace etna::gui
