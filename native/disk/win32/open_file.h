// What the ring's file and that of the leases do with an open file alike.
#pragma once

#include <cstdint>

#include "disk/ring_file.h"
#include "files/win32/plain_file.h"

namespace ebbcache {

/// False where the system does not tell.
bool findIdentity(HANDLE file, FileIdentity& identity);

/// The same of what is at the path, which nobody is kept from using or removing meanwhile.
bool findIdentityAt(const std::string& path, FileIdentity& identity);

/// Where a read, a write or a lock begins.
OVERLAPPED overlappedAt(uint64_t at);

/// Locks one byte for this handle alone, and does not wait: ERROR_SUCCESS, ERROR_LOCK_VIOLATION
/// where another has it, or why there is no lock to be had.
DWORD tryLockByte(HANDLE file, uint64_t at);
void unlockByte(HANDLE file, uint64_t at);

}  // namespace ebbcache
