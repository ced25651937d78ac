#include "engine/io/weight_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <numeric>

#include "engine/array/backend.h"
#include "engine/io/safetensors.h"
#include "tests/engine/io/fails_with.h"
#include "tests/support/host_heap.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

enum class Import { possible, impossible };

class MemoryBackend : public Backend {
public:
  explicit MemoryBackend(Import import)
  {
    auto heap = std::make_unique<test::HostHeap>(std::uint64_t{1} << 30);
    heap->imports_pages = import == Import::possible;
    heap_ = heap.get();
    allocator_ = Allocator::create(std::move(heap));
  }

  const std::string& name() const override { return name_; }

  bool is_gpu() const override { return false; }

  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op&, std::span<const Array>, const Shape&, DType) const override { return false; }

  bool reads_strided(const Op&, int) const override { return false; }

  std::unique_ptr<Executable> prepare(Program) override { return nullptr; }

  int imports() const { return heap_->imports; }

private:
  test::HostHeap* heap_ = nullptr;
  std::string name_ = "test";
  std::shared_ptr<Allocator> allocator_;
};

class WeightLoading : public testing::TestWithParam<Import> {
protected:
  /// "small" and "large" hold ramps of bytes, "odd" starts at an address that is no multiple of 16.
  std::shared_ptr<const SafetensorsFile> file() {
    std::vector<std::byte> bytes(16 + (33 << 20) + 3 + 8);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
    SafetensorsWriter writer(
        folder_ / "f.safetensors",
        {{"small", DType::float32, {2, 2}}, {"large", DType::uint8, {(33 << 20) + 3}}, {"odd", DType::uint8, {8}}}, {});
    writer.append(bytes);
    writer.commit();
    return SafetensorsFile::open(folder_ / "f.safetensors");
  }

  test::TemporaryFolder folder_;
};

TEST_P(WeightLoading, EveryTensorArrivesAndProgressEndsAtTheTotal) {
  MemoryBackend backend(GetParam());
  const OwnerId owner = backend.allocator()->add_owner("model");
  const auto source = file();
  std::uint64_t last = 0, total = 0;
  for (const StoredTensor& tensor : source->tensors()) total += tensor.bytes.size();
  WeightLoader loader(backend, owner,
                      {.report =
                           [&](std::uint64_t done, std::uint64_t of) {
                             EXPECT_GE(done, last);
                             EXPECT_EQ(of, total);
                             last = done;
                           },
                       .stop = {}},
                      total);
  for (const StoredTensor& tensor : source->tensors()) {
    const Array array = loader.load(tensor);
    EXPECT_EQ(array.shape(), tensor.shape);
    const View& view = array.view();
    EXPECT_EQ(std::memcmp(view.host(), tensor.bytes.data(), tensor.bytes.size()), 0) << tensor.name;
    EXPECT_EQ(view.address() % 16, 0u) << tensor.name;
  }
  EXPECT_EQ(last, total);
  EXPECT_EQ(backend.imports(), GetParam() == Import::possible ? 1 : 0);
}

TEST_P(WeightLoading, PagesOfOtherTensorsAreLeftAlone) {
  MemoryBackend backend(GetParam());
  const OwnerId owner = backend.allocator()->add_owner("model");
  const auto source = file();
  const StoredTensor &small = source->at("small"), &large = source->at("large");
  const StoredTensor* const wanted[] = {&small};
  WeightLoader loader(backend, owner, {});
  loader.import_only(wanted);
  const Array array = loader.load(small);
  EXPECT_EQ(std::memcmp(array.view().host(), small.bytes.data(), small.bytes.size()), 0);
  const std::uint64_t one = backend.allocator()->report().live_bytes;
  EXPECT_LE(one, 2 * 4096u);
  const Array other = loader.load(large);  // not announced: a copy
  EXPECT_EQ(std::memcmp(other.view().host(), large.bytes.data(), large.bytes.size()), 0);
  EXPECT_EQ(backend.imports, GetParam() == Import::possible ? 1 : 0);
  EXPECT_GE(backend.allocator()->report().live_bytes, one + large.bytes.size());
}

TEST_P(WeightLoading, NeighboursAreImportedTogether) {
  MemoryBackend backend(GetParam());
  const OwnerId owner = backend.allocator()->add_owner("model");
  const auto source = file();
  std::vector<const StoredTensor*> all;
  for (const StoredTensor& tensor : source->tensors()) all.push_back(&tensor);
  WeightLoader loader(backend, owner, {});
  loader.import_only(all);
  for (const StoredTensor* tensor : all) {
    const Array array = loader.load(*tensor);
    EXPECT_EQ(std::memcmp(array.view().host(), tensor->bytes.data(), tensor->bytes.size()), 0) << tensor->name;
  }
  EXPECT_EQ(backend.imports, GetParam() == Import::possible ? 1 : 0);
}

TEST_P(WeightLoading, ArraysOutliveTheFileTheyCameFrom) {
  MemoryBackend backend(GetParam());
  WeightLoader loader(backend, 0, {});
  const Array array = loader.load(file()->at("small"));
  EXPECT_EQ(array.view().host()[1], std::byte{7});
}

TEST_P(WeightLoading, StoppingEndsItWithCancelled) {
  MemoryBackend backend(GetParam());
  std::stop_source stop;
  stop.request_stop();
  WeightLoader loader(backend, 0, {.report = {}, .stop = stop.get_token()});
  const auto source = file();
  test::expect_failure([&] { loader.load(source->at("small")); }, Errc::cancelled, {});
}

INSTANTIATE_TEST_SUITE_P(Heaps, WeightLoading, testing::Values(Import::possible, Import::impossible),
                         [](const auto& instance) {
                           return instance.param == Import::possible ? "importing" : "copying";
                         });

TEST(WeightLoader, TypesTheEngineDoesNotComputeWithAreRefused) {
  MemoryBackend backend(Import::possible);
  WeightLoader loader(backend, 0, {});
  StoredTensor tensor;
  tensor.name = "w";
  tensor.stored_dtype = "F64";
  tensor.file = "f.safetensors";
  test::expect_failure([&] { loader.load(tensor); }, Errc::unsupported, {"f.safetensors", "\"w\"", "F64"});
}

}  // namespace
}  // namespace etna
