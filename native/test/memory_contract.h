// The contract of every MemoryReader and every PressureWatch, tested on machines: this one, and
// those that tests of a system's own backend add.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "memory/pressure_watch.h"
#include "memory/snapshot.h"

namespace ebbcache::testing {

class Machine {
 public:
  Machine() = default;
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  virtual MemoryRoots roots() const { return {}; }
  /// Makes reads fail until they are mended. Only the machines of the tests of failure have these
  /// two.
  virtual void breakIt() {}
  virtual void mend() {}
};

struct NamedMachine {
  std::string name;
  std::function<std::unique_ptr<Machine>()> make;
};

struct NamedWatch {
  std::string name;
  std::function<std::unique_ptr<Machine>()> make;
  std::function<std::unique_ptr<PressureWatch>(const MemoryRoots&)> open;
};

// The machine's name, which a failed test and the list of parameters print.
inline void PrintTo(const NamedMachine& machine, std::ostream* out) {
  *out << machine.name;
}
inline void PrintTo(const NamedWatch& watch, std::ostream* out) {
  *out << watch.name;
}

template <typename Named>
std::string nameOf(const ::testing::TestParamInfo<Named>& info) {
  return info.param.name;
}

/// A machine that can be read.
class MemoryContract : public ::testing::TestWithParam<NamedMachine> {
 public:
  std::unique_ptr<MemoryReader> open() const { return openMemoryReader(machine->roots()); }

  static MemorySnapshot mustRead(MemoryReader& from) {
    MemorySnapshot snapshot;
    std::string error;
    EXPECT_TRUE(from.readSnapshot(snapshot, error)) << error;
    return snapshot;
  }

  const std::unique_ptr<Machine> machine = GetParam().make();
  const std::unique_ptr<MemoryReader> reader = open();
};

/// A machine that can be broken and mended: not the one that runs the tests.
class MemoryFailureContract : public MemoryContract {};

class PressureWatchContract : public ::testing::TestWithParam<NamedWatch> {
 public:
  std::unique_ptr<PressureWatch> open() const { return GetParam().open(machine->roots()); }

  const std::unique_ptr<Machine> machine = GetParam().make();
};

}  // namespace ebbcache::testing
