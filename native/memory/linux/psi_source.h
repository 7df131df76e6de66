// The stalls that one PSI file reports.
#pragma once

#include <string>
#include <utility>

#include "files/posix/descriptor.h"
#include "memory/linux/reopening_file.h"
#include "memory/linux/stall_meter.h"

namespace ebbcache {

/// Uses a trigger where one can be armed. In most containers the file can only be read: there it
/// uses the file's count. Not thread-safe.
class PsiSource {
 public:
  explicit PsiSource(std::string path) : file_(std::move(path)) {}

  const std::string& path() const { return file_.path(); }
  /// Arms the trigger; does nothing where it is armed.
  void arm();
  /// The descriptor to poll() for POLLPRI; below 0 where there is no trigger.
  int descriptor() const { return trigger_.number(); }
  /// Returns true where the events that poll() found are a stall. Drops a trigger that has ended.
  bool isStall(short found);
  /// Returns true where the count shows a stall since the last call. It does not read the file
  /// where there is a trigger, as that would delay the kernel's own checks.
  bool readStall(StallMeter::Clock::time_point now, FileBuffer& buffer);

 private:
  Descriptor trigger_;
  ReopeningFile file_;
  StallMeter meter_;
};

}  // namespace ebbcache
