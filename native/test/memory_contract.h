// What every MemoryReader and every PressureWatch promises, held against machines: this one, and
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
  /// Makes reads fail until mended. Only of those that the tests of failure are held against.
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

// How a failed test and its list of parameters name them.
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

/// On a machine that can be read.
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

/// On a machine that can be broken and mended: not on the one that the tests run on.
class MemoryFailureContract : public MemoryContract {};

class PressureWatchContract : public ::testing::TestWithParam<NamedWatch> {
 public:
  std::unique_ptr<PressureWatch> open() const { return GetParam().open(machine->roots()); }

  const std::unique_ptr<Machine> machine = GetParam().make();
};

}  // namespace ebbcache::testing
