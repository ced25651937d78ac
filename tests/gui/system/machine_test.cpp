#include "gui/system/machine.h"

#include <gtest/gtest.h>

#include <QTest>

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = 1ull << 30;

TEST(Machine, NamesMemoryAndDeviceInPlainWords) {
  const DeviceInfo shared{.id = "vulkan:0",
                          .name = "Radeon",
                          .is_gpu = true,
                          .shares_system_memory = true,
                          .memory_bytes = 16 * gib,
                          .available_bytes = 12 * gib,
                          .driver = {}};
  EXPECT_EQ(welcome_text({shared}),
            QStringLiteral("This computer has 16 GiB of memory and a graphics device that shares it (Radeon). "
                           "Models up to about 8 billion parameters will run well."));
}

TEST(Machine, WithoutAGraphicsDeviceItSaysSo) {
  const DeviceInfo cpu{.id = "cpu",
                       .name = "CPU",
                       .is_gpu = false,
                       .shares_system_memory = true,
                       .memory_bytes = 8 * gib,
                       .available_bytes = 6 * gib,
                       .driver = {}};
  const QString text = welcome_text({cpu});
  EXPECT_TRUE(text.contains(QStringLiteral("8 GiB")));
  EXPECT_TRUE(text.contains(QStringLiteral("No graphics device")));
  EXPECT_FALSE(welcome_text({}).isEmpty());
}

TEST(Machine, FindsItsDevicesOnAnotherThread) {
  Machine machine;
  machine.find_devices();
  EXPECT_FALSE(machine.known());
  ASSERT_TRUE(QTest::qWaitFor([&] { return machine.known(); }));
  EXPECT_EQ(machine.device_names().size(), 3);
  EXPECT_EQ(machine.deviceId(machine.deviceIndex(QStringLiteral("cpu"))), QStringLiteral("cpu"));
  EXPECT_EQ(machine.deviceId(0), QString());
  EXPECT_EQ(machine.deviceIndex(QStringLiteral("gone")), 0);
  EXPECT_EQ(machine.starter_size(), QStringLiteral("10.6 MB"));
}

}  // namespace
}  // namespace etna::gui
