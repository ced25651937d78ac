#include "engine/training/options.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace etna::training {
namespace {

using Kind = ScheduleOptions::Kind;

TEST(Schedule, FollowsItsFormula) {
  const ScheduleOptions cosine{.kind = Kind::cosine_decay, .initial = 1, .end = 0.2, .steps = 10};
  EXPECT_DOUBLE_EQ(cosine.learning_rate(0), 1);
  EXPECT_DOUBLE_EQ(cosine.learning_rate(5), 0.6);
  EXPECT_DOUBLE_EQ(cosine.learning_rate(25), 0.2);
  const ScheduleOptions steps{.kind = Kind::step_decay, .initial = 1, .rate = 0.5, .steps = 4};
  EXPECT_DOUBLE_EQ(steps.learning_rate(3), 1);
  EXPECT_DOUBLE_EQ(steps.learning_rate(8), 0.25);
  const ScheduleOptions exponential{.kind = Kind::exponential_decay, .initial = 2, .rate = 0.5};
  EXPECT_DOUBLE_EQ(exponential.learning_rate(3), 0.25);
  const ScheduleOptions linear{.kind = Kind::linear, .initial = 1, .end = 0, .steps = 4};
  EXPECT_DOUBLE_EQ(linear.learning_rate(1), 0.75);
  EXPECT_DOUBLE_EQ(linear.learning_rate(9), 0);
}

TEST(Schedule, BeginsItsOwnCountOneStepAfterWarmUp) {
  const ScheduleOptions schedule{.kind = Kind::linear, .initial = 1, .end = 0, .steps = 4, .warmup = 2};
  EXPECT_DOUBLE_EQ(schedule.learning_rate(0), 0);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(1), 0.5);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(2), 1);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(3), 1);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(4), 0.75);
}

TEST(AdapterConfig, SaysWhatMlxLmReadsAndKeepsTheRecipesOtherKeys) {
  TrainingOptions options;
  options.lora.keys = {"self_attn.q_proj"};
  options.recipe = R"({"model": "some/model", "data": "rows", "iters": 7})";
  const auto config = nlohmann::json::parse(adapter_config(options));
  EXPECT_EQ(config["model"], "some/model");
  EXPECT_EQ(config["data"], "rows");
  EXPECT_EQ(config["iters"], 1000);
  EXPECT_EQ(config["fine_tune_type"], "lora");
  EXPECT_EQ(config["num_layers"], 16);
  EXPECT_EQ(config["lora_parameters"]["rank"], 8);
  EXPECT_EQ(config["lora_parameters"]["scale"], 20.0);
  EXPECT_EQ(config["lora_parameters"]["keys"][0], "self_attn.q_proj");
  options.method = Method::full;
  EXPECT_TRUE(nlohmann::json::parse(adapter_config(options))["lora_parameters"].is_null());
}

TEST(TrainingOptions, AreRefusedByNameWhereTheyMeanNothing) {
  const auto message = [](const std::function<void(TrainingOptions&)>& change) {
    TrainingOptions options;
    change(options);
    try {
      check(options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message([](TrainingOptions&) {}), "");
  EXPECT_NE(message([](TrainingOptions& o) { o.lora.rank = 0; }).find("lora_parameters.rank"), std::string::npos);
  EXPECT_NE(message([](TrainingOptions& o) { o.iterations = 0; }).find("iters"), std::string::npos);
  EXPECT_NE(message([](TrainingOptions& o) { o.lora.dropout = 1; }).find("dropout"), std::string::npos);
  EXPECT_NE(message([](TrainingOptions& o) { o.optimizer.weight_decay = 0.1; }).find("adamw"), std::string::npos);
  EXPECT_THROW(method_named("qlora"), Error);
}

}  // namespace
}  // namespace etna::training
