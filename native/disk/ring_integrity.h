// A check of a whole ring file: the header, the index and the entries.
//
//   header    valid, and the file's size lies between the index's end and the budget
//   chunks    walked as the hand walks them
//   slots     one for each tag of a bucket; each names a put without a value, or a sound entry that
//             the walk found and whose key leads to the slot
//   count     the header's number of entries is the number of slots that name one
#pragma once

#include <string>

#include "disk/ring_file.h"
#include "disk/ring_folder.h"

namespace ebbcache {

/// The faults that a check accepts.
struct RingTolerance {
  /// Slots that name no sound entry: they remain where a bucket could not be written or the file
  /// was damaged, and readers take them for misses.
  bool staleSlots = false;
  /// A number of entries in the header that is not the number of slots: it remains where a process
  /// was killed, or where a bucket could not be written, until a tier opens the ring next.
  bool staleCount = false;
};

/// Returns the first fault as a sentence, empty where there is none. The caller MUST hold the
/// file's lock.
std::string checkRing(const RingFile& file, const RingTolerance& tolerance = {});

/// Opens the ring of the folder, waits for the file's lock, and checks the ring. A ring that cannot
/// be opened, or whose lock is not free within ten seconds, is a fault.
std::string checkRingOf(RingFolder& folder, const RingTolerance& tolerance = {});

}  // namespace ebbcache
