// The notifications that systemd asked for.
#pragma once

#include <string>
#include <utility>

#include "memory/linux/descriptor.h"
#include "memory/linux/systemd_request.h"

namespace ebbcache {

/// Not thread-safe.
class SystemdSource {
 public:
  explicit SystemdSource(SystemdRequest request) : request_(std::move(request)) {}

  /// True where it is open, or could be opened now. A regular file is opened only where the kernel
  /// made it and there is a trigger to write: without one it would have nothing to say.
  bool open();
  /// To poll() for events(); below 0 where it is not open.
  int descriptor() const { return descriptor_.number(); }
  short events() const;
  /// True when what poll() found there says that memory is tight. Closes what has ended.
  bool isWarning(short found);

 private:
  enum class Kind { kPsiFile, kFifo, kSocket };

  bool openFile();
  bool openSocket();
  bool drain();

  SystemdRequest request_;
  Descriptor descriptor_;
  Kind kind_ = Kind::kPsiFile;
  /// What was written into a FIFO and may come back, if nobody else has read it.
  std::string echo_;
};

}  // namespace ebbcache
