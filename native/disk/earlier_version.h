// The files of earlier versions of this package, which kept their values in LMDB:
//
//   data.mdb, lock.mdb   LMDB's own; the folder may be that of another user of LMDB
//   use.lock             of those versions only, locked by every process that uses the folder
//   clean.json           a note beside data.mdb
#pragma once

#include <string>

namespace ebbcache {

/// Removes the files where all belong to this user and no process uses them. Returns true where
/// something was removed.
bool removeEarlierVersion(const std::string& folder);

}  // namespace ebbcache
