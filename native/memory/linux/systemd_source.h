// The notifications of the source that systemd named.
#pragma once

#include <string>
#include <utility>

#include "files/posix/descriptor.h"
#include "memory/linux/stall_meter.h"
#include "memory/linux/systemd_request.h"

namespace ebbcache {

/// Warns at most once in its quiet time, as PSI does, however much the other end sends. Not
/// thread-safe.
class SystemdSource {
 public:
  using Clock = StallMeter::Clock;

  /// `quietTime` MUST be above 0.
  explicit SystemdSource(SystemdRequest request, Clock::duration quietTime = StallMeter::kWindow)
      : request_(std::move(request)), quietTime_(quietTime) {}

  /// Returns true where the source is open, or could be opened now. It opens a regular file only
  /// where the kernel made the file and there is a trigger to write, without which the file would
  /// report nothing.
  bool open();
  /// The descriptor to poll() for events(). It is below 0 where the source is not open, and after a
  /// warning until quietUntil(): what arrives meanwhile, the end of the source included, stays
  /// queued.
  int descriptor(Clock::time_point now) const {
    return now < quietUntil_ ? -1 : descriptor_.number();
  }
  short events() const;
  /// The end of the quiet time; in the past where it is over.
  Clock::time_point quietUntil() const { return quietUntil_; }
  /// Returns true where the events that poll() found say that memory is tight. Closes a source that
  /// has ended.
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
  /// The bytes that were written into a FIFO and may be read back, if nobody else has read them.
  std::string echo_;
};

}  // namespace ebbcache
