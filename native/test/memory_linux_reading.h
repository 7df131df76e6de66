// A reading is a machine, made from a recorded one by changing files, and the numbers that it must
// read as.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "memory_contract.h"
#include "memory_linux_fields.h"
#include "pressure/level.h"
#include "recorded_machine.h"

namespace ebbcache::testing {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr uint64_t kGiB = 1024 * kMiB;

/// Most of the recorded trees have this machine, of 16 GB with 9.4 GiB available.
constexpr MemoryBound kServer{16283124 * kKiB, (16283124 - 9876544) * kKiB};

/// The recorded machine "docker-v2" has these numbers. All charged bytes are used, except for the
/// page cache and the reclaimable slab.
namespace docker_v2 {
constexpr const char* kStat = "cgroup/memory.stat";
constexpr uint64_t kLimit = 512 * kMiB;
constexpr uint64_t kCharged = 432033792;
constexpr uint64_t kFiles = 164102144;
constexpr uint64_t kReclaimableSlab = 737280;
constexpr uint64_t kUsed = kCharged - kFiles - kReclaimableSlab;
/// The lists of anonymous pages and the kernel memory add up to this.
constexpr uint64_t kShown = 266668864;
}  // namespace docker_v2

/// The recorded machine "docker-v1" has these numbers.
namespace docker_v1 {
constexpr const char* kStat = "cgroup/memory/memory.stat";
constexpr uint64_t kLimit = 512 * kMiB;
constexpr uint64_t kCharged = 347127808;
constexpr uint64_t kFiles = 132386816;
constexpr uint64_t kUsed = kCharged - kFiles;
/// The lists of anonymous pages add up to this.
constexpr uint64_t kShown = 212643840;
}  // namespace docker_v1

using Edit = std::function<void(const FileTree&)>;

/// These change fields of memory.stat of the recorded machine "docker-v2" or "docker-v1".
inline Edit statV2(const std::vector<std::pair<std::string, uint64_t>>& fields) {
  return [fields](const FileTree& tree) {
    for (const auto& [name, value] : fields) Fields(tree, docker_v2::kStat).set(name, value);
  };
}

inline Edit statV1(const std::vector<std::pair<std::string, uint64_t>>& fields) {
  return [fields](const FileTree& tree) {
    for (const auto& [name, value] : fields) Fields(tree, docker_v1::kStat).set(name, value);
  };
}

struct Reading {
  std::string name;
  /// This names the machine that is changed, a file in machines/.
  std::string recorded;
  Edit edit;
  MemoryBound system;
  std::optional<MemoryBound> group;
  BoundKind boundBy;
  PressureLevel level;
};

inline void PrintTo(const Reading& reading, std::ostream* out) {
  *out << reading.name;
}

class LinuxReading : public ::testing::TestWithParam<Reading> {};

inline std::unique_ptr<RecordedMachine> makeMachine(const std::string& recorded, const Edit& edit) {
  auto machine = std::make_unique<RecordedMachine>(recorded);
  edit(machine->tree);
  return machine;
}

/// Returns the same machines for the contract.
inline std::vector<NamedMachine> machinesOf(const std::vector<Reading>& readings) {
  std::vector<NamedMachine> machines;
  for (const Reading& each : readings) {
    machines.push_back({each.name, [each]() -> std::unique_ptr<Machine> {
                          return makeMachine(each.recorded, each.edit);
                        }});
  }
  return machines;
}

}  // namespace ebbcache::testing
