// A watch that waits until tasks wait for memory.
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

/// Listens to the PSI of the machine, and to that of the process's own group or the source that
/// systemd named in its place. It tries again from time to time to open a missing source, and to
/// find the group, as the process may be moved to another.
class StallWatch final : public PressureWatch {
 public:
  /// Null where the system refuses an eventfd. `rediscoverInterval` MUST be above 0, and so must
  /// `quietTime`, in which systemd's source warns at most once.
  static std::unique_ptr<StallWatch> open(
      const MemoryRoots& roots, std::optional<SystemdRequest> request,
      std::chrono::milliseconds rediscoverInterval = std::chrono::seconds(10),
      SystemdSource::Clock::duration quietTime = StallMeter::kWindow);

  void listen() override;
  Stalls wait(std::chrono::milliseconds timeout) override;
  void wake() override;

 private:
  using Clock = StallMeter::Clock;

  StallWatch(const MemoryRoots& roots, std::optional<SystemdSource> systemd,
             std::chrono::milliseconds rediscoverInterval, Descriptor wakeUp);

  void discover(Clock::time_point now);
  void findSources();
  Clock::time_point nextChange(Clock::time_point now, Clock::time_point deadline) const;
  bool poll(Clock::time_point now, Clock::time_point until, Stalls& stalls);
  void readStalls(Stalls& stalls);

  MemoryRoots roots_;
  std::chrono::milliseconds rediscoverInterval_;
  bool listening_ = false;
  Clock::time_point nextDiscovery_;
  Descriptor wakeUp_;
  PsiSource system_;
  std::optional<SystemdSource> systemd_;
  /// Absent where systemd named another source.
  std::optional<PsiSource> group_;
  FileBuffer buffer_{};
};

}  // namespace ebbcache
