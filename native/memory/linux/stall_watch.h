// Waiting for tasks to wait for memory.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "files/posix/descriptor.h"
#include "memory/linux/psi_source.h"
#include "memory/linux/reopening_file.h"
#include "memory/linux/systemd_source.h"
#include "memory/pressure_watch.h"

namespace ebbcache {

/// Listens to the PSI of the machine, and to that of the process's own group or what systemd gave
/// in its place. What cannot be had is looked for again from time to time, and so is the group,
/// which the process may be moved out of.
class StallWatch final : public PressureWatch {
 public:
  /// Null where there is no eventfd to be had. `lookAgainAfter` is above 0, and so is `quietTime`,
  /// in which what systemd gave warns at most once.
  static std::unique_ptr<StallWatch> open(
      const MemoryRoots& roots, std::optional<SystemdRequest> request,
      std::chrono::milliseconds lookAgainAfter = std::chrono::seconds(10),
      SystemdSource::Clock::duration quietTime = StallMeter::kWindow);

  void listen() override;
  Stalls wait(std::chrono::milliseconds atMost) override;
  void wake() override;

 private:
  using Clock = StallMeter::Clock;

  StallWatch(const MemoryRoots& roots, std::optional<SystemdSource> systemd,
             std::chrono::milliseconds lookAgainAfter, Descriptor wakeUp);

  void look(Clock::time_point now);
  void findSources();
  Clock::time_point nextChange(Clock::time_point now, Clock::time_point deadline) const;
  bool poll(Clock::time_point now, Clock::time_point until, Stalls& stalls);
  void readStalls(Stalls& stalls);

  MemoryRoots roots_;
  std::chrono::milliseconds lookAgainAfter_;
  bool listening_ = false;
  Clock::time_point nextLook_;
  Descriptor wakeUp_;
  PsiSource system_;
  std::optional<SystemdSource> systemd_;
  /// Absent where systemd gave something else.
  std::optional<PsiSource> group_;
  FileBuffer buffer_{};
};

}  // namespace ebbcache
