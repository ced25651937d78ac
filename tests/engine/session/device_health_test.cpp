#include "engine/session/device_health.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

using namespace std::chrono_literals;

class DeviceHealthTest : public testing::Test {
protected:
  DeviceHealth::Clock::time_point now_{100s};
  DeviceHealth health_{[this] { return now_; }};
};

TEST_F(DeviceHealthTest, the_first_loss_is_an_accident_the_second_within_ten_minutes_is_not) {
  EXPECT_EQ(health_.losses("vulkan:0"), 0);
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::reload);
  EXPECT_FALSE(health_.failing("vulkan:0"));
  now_ += 9min + 59s;
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::stop);
  EXPECT_TRUE(health_.failing("vulkan:0"));
  EXPECT_EQ(health_.losses("vulkan:0"), 2);
}

TEST_F(DeviceHealthTest, losses_are_forgotten_after_ten_minutes) {
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::reload);
  now_ += 10min;
  EXPECT_EQ(health_.losses("vulkan:0"), 0);
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::reload);
  now_ += 5min;
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::stop);
  now_ += 5min;
  EXPECT_FALSE(health_.failing("vulkan:0")) << "one of the two is out of the window";
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::stop);
}

TEST_F(DeviceHealthTest, good_answers_in_between_change_nothing_and_devices_are_told_apart) {
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::reload);
  EXPECT_EQ(health_.lost("vulkan:1"), DeviceHealth::Advice::reload);
  EXPECT_EQ(health_.lost("vulkan:0"), DeviceHealth::Advice::stop);
  EXPECT_FALSE(health_.failing("vulkan:1"));
}

TEST_F(DeviceHealthTest, the_sentence_says_what_was_done_and_what_can_be) {
  const auto advice = health_.lost("vulkan:0");
  EXPECT_NE(health_.sentence("vulkan:0", advice, 1).find("the model is loaded"), std::string::npos);
  EXPECT_NE(health_.sentence("vulkan:0", advice, 2).find("models are loaded"), std::string::npos);
  EXPECT_NE(health_.sentence("vulkan:0", advice, 0).find("processor"), std::string::npos);
  EXPECT_NE(health_.sentence("vulkan:0", health_.lost("vulkan:0"), 0).find("lost 2 times in 10 minutes"), std::string::npos);
}

}  // namespace
}  // namespace etna
