// The stalls that one PSI file tells of.
#pragma once

#include <string>
#include <utility>

#include "files/posix/descriptor.h"
#include "memory/linux/reopening_file.h"
#include "memory/linux/stall_meter.h"

namespace ebbcache {

/// By a trigger where one can be armed. In most containers the file can only be read: there by its
/// count. Not thread-safe.
class PsiSource {
 public:
  explicit PsiSource(std::string path) : file_(std::move(path)) {}

  const std::string& path() const { return file_.path(); }
  /// Does nothing where the trigger is armed.
  void arm();
  /// To poll() for POLLPRI; below 0 where there is no trigger.
  int descriptor() const { return trigger_.number(); }
  /// True when what poll() found there is a stall. A trigger that has ended is dropped.
  bool isStall(short found);
  /// True when the count shows a stall since the last call. Does not read where there is a trigger,
  /// as that would keep the kernel from looking at it.
  bool readStall(StallMeter::Clock::time_point now, FileBuffer& buffer);

 private:
  Descriptor trigger_;
  ReopeningFile file_;
  StallMeter meter_;
};

}  // namespace ebbcache
