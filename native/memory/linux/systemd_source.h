// The notifications that systemd asked for.
#pragma once

#include <string>
#include <utility>

#include "files/posix/descriptor.h"
#include "memory/linux/stall_meter.h"
#include "memory/linux/systemd_request.h"

namespace ebbcache {

/// Warns at most once in its quiet time, as PSI does, whatever the other end sends. Not
/// thread-safe.
class SystemdSource {
 public:
  using Clock = StallMeter::Clock;

  /// `quietTime` is above 0.
  explicit SystemdSource(SystemdRequest request, Clock::duration quietTime = StallMeter::kWindow)
      : request_(std::move(request)), quietTime_(quietTime) {}

  /// True where it is open, or could be opened now. A regular file is opened only where the kernel
  /// made it and there is a trigger to write: without one it would have nothing to say.
  bool open();
  /// To poll() for events(); below 0 where it is not open, and after a warning until quietUntil():
  /// what comes meanwhile waits there, and so does the end of it.
  int descriptor(Clock::time_point now) const {
    return now < quietUntil_ ? -1 : descriptor_.number();
  }
  short events() const;
  /// In the past where it is not quiet.
  Clock::time_point quietUntil() const { return quietUntil_; }
  /// True when what poll() found there says that memory is tight. Closes what has ended.
  bool isWarning(Clock::time_point now, short found);

 private:
  enum class Kind { kPsiFile, kFifo, kSocket };

  bool openFile();
  bool openSocket();
  bool drain();

  SystemdRequest request_;
  Clock::duration quietTime_;
  Clock::time_point quietUntil_ = Clock::time_point::min();
  Descriptor descriptor_;
  Kind kind_ = Kind::kPsiFile;
  /// What was written into a FIFO and may come back, if nobody else has read it.
  std::string echo_;
};

}  // namespace ebbcache
