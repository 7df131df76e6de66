// A PSI file that is read no more often than it changes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "memory/linux/reopening_file.h"
#include "memory/snapshot.h"

namespace ebbcache {

/// The kernel computes the averages every 2 s. A read in between reports nothing new, and one at
/// the wrong moment takes the place of the kernel's own update, in which it checks the triggers
/// that others armed on the file. Not thread-safe.
class PacedPsi {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kPeriod{2};

  explicit PacedPsi(std::string path) : file_(std::move(path)) {}

  /// Gives the averages as of the last read, which is at most kPeriod old. Not every kernel has the
  /// file and not every sandbox lets it be read: `out` is empty then, and the next call tries
  /// again. Returns false, with a sentence in `error`, where the file is malformed.
  bool read(Clock::time_point now, FileBuffer& buffer, std::optional<PsiAverages>& out,
            std::string& error);
  const std::string& path() const { return file_.path(); }

 private:
  ReopeningFile file_;
  std::optional<PsiAverages> averages_;
  Clock::time_point readAt_;
};

}  // namespace ebbcache
