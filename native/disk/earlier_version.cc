#include "disk/earlier_version.h"

#include "disk/own_file.h"
#include "files/file_lock.h"

namespace ebbcache {
namespace {

/// Whether the folder has files of an earlier version, and nothing else under their names.
bool hasEarlierVersion(const std::string& data, const std::string& readers, const std::string& lock,
                       const std::string& note) {
  if (findFile(lock) != FoundFile::kOwn) return false;
  bool hasData = false;
  for (const std::string* const path : {&data, &readers}) {
    const FoundFile found = findFile(*path);
    if (found == FoundFile::kOther) return false;
    hasData |= found == FoundFile::kOwn;
  }
  return hasData && findFile(note) != FoundFile::kOther;
}

}  // namespace

bool removeEarlierVersion(const std::string& folder) {
  const std::string data = folder + "/data.mdb";
  const std::string readers = folder + "/lock.mdb";
  const std::string lock = folder + "/use.lock";
  const std::string note = folder + "/clean.json";
  if (!hasEarlierVersion(data, readers, lock, note)) return false;
  FileLock use;
  std::string why;
  if (!use.open(lock, why) || use.tryLock(LockKind::kExclusive, why) != LockResult::kHeld) {
    return false;
  }
  (void)removeFile(note);
  const bool areReadersGone = removeFile(readers);
  const bool isDataGone = removeFile(data);
  // The lock goes last: the files beside it are known by it.
  if (findFile(readers) == FoundFile::kNone && findFile(data) == FoundFile::kNone) {
    (void)removeFile(lock);
  }
  return areReadersGone || isDataGone;
}

}  // namespace ebbcache
