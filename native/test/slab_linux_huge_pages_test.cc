// The mappings that the kernel may back with huge pages, also where it backs all mappings that do
// not decline.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "slab/memory_source.h"

namespace ebbcache::test {
namespace {

constexpr size_t kHuge = size_t{2} << 20;
constexpr const char* kSetting = "/sys/kernel/mm/transparent_hugepage/enabled";

/// The facts that smaps shows of the mapping with an address in it.
struct Mapping {
  uint64_t anonHugeKiB = 0;
  bool declinesHuge = false;
};

Mapping mappingOf(const void* memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory);
  std::ifstream smaps("/proc/self/smaps");
  Mapping mapping;
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uint64_t from = 0;
    uint64_t to = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
      inside = from <= address && address < to;
    }
    if (!inside) continue;
    (void)std::sscanf(line.c_str(), "AnonHugePages: %" SCNu64, &mapping.anonHugeKiB);
    if (line.rfind("VmFlags:", 0) == 0) {
      mapping.declinesHuge = line.find(" nh") != std::string::npos;
      break;
    }
  }
  return mapping;
}

/// While it lives, the system's setting is `always`, where it may be changed.
class AlwaysHuge {
 public:
  AlwaysHuge() {
    std::ifstream in(kSetting);
    std::stringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    const size_t open = all.find('[');
    const size_t close = all.find(']');
    if (open == std::string::npos || close == std::string::npos) return;
    before_ = all.substr(open + 1, close - open - 1);
    isSet_ = before_ == "always" || set("always");
  }
  ~AlwaysHuge() {
    if (isSet_ && before_ != "always") (void)set(before_);
  }
  AlwaysHuge(const AlwaysHuge&) = delete;
  AlwaysHuge& operator=(const AlwaysHuge&) = delete;

  bool isSet() const { return isSet_; }

 private:
  static bool set(const std::string& value) {
    std::ofstream out(kSetting);
    out << value << std::flush;
    return out.good();
  }

  std::string before_;
  bool isSet_ = false;
};

class Mapped {
 public:
  explicit Mapped(size_t bytes) : bytes_(bytes), memory_(osMemory().map(bytes)) {}
  ~Mapped() {
    if (memory_ != nullptr) osMemory().unmap(memory_, bytes_);
  }
  Mapped(Mapped&& other) noexcept
      : bytes_(other.bytes_), memory_(std::exchange(other.memory_, nullptr)) {}
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  Mapped& operator=(Mapped&&) = delete;

  const void* memory() const { return memory_; }
  void touch() const {
    auto* const bytes = static_cast<volatile char*>(memory_);
    for (size_t at = 0; at < bytes_; at += osMemory().pageBytes()) bytes[at] = 1;
  }

 private:
  size_t bytes_;
  void* memory_;
};

TEST(SlabHugePages, AreDeclinedForWhatIsNotOfWholeOnes) {
  const size_t page = osMemory().pageBytes();
  for (const size_t bytes : {page, kHuge / 2, kHuge - page, kHuge + page, 5 * kHuge + page}) {
    const Mapped mapped(bytes);
    ASSERT_NE(mapped.memory(), nullptr);
    EXPECT_TRUE(mappingOf(mapped.memory()).declinesHuge) << bytes;
  }
  for (const size_t bytes : {kHuge, 3 * kHuge}) {
    const Mapped mapped(bytes);
    ASSERT_NE(mapped.memory(), nullptr);
    EXPECT_FALSE(mappingOf(mapped.memory()).declinesHuge) << bytes;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(mapped.memory()) % kHuge, 0U);
  }
}

TEST(SlabHugePages, DoNotSpanMappingsWhereAllGetThem) {
  const AlwaysHuge always;
  if (!always.isSet()) GTEST_SKIP() << "This needs a system that gives huge pages to all.";
  // They lie side by side, and the kernel sees one mapping of 16 MiB.
  std::vector<Mapped> neighbours;
  for (int i = 0; i < 32; ++i) neighbours.emplace_back(kHuge / 4);
  for (const Mapped& each : neighbours) {
    ASSERT_NE(each.memory(), nullptr);
    each.touch();
  }
  for (const Mapped& each : neighbours) EXPECT_EQ(mappingOf(each.memory()).anonHugeKiB, 0U);
}

}  // namespace
}  // namespace ebbcache::test
