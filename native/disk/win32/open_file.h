// The calls that the ring's file and that of the leases share.
#pragma once

#include <cstdint>

#include "disk/ring_file.h"
#include "files/win32/plain_file.h"

namespace ebbcache {

/// Returns false where the system does not report it.
bool findIdentity(HANDLE file, FileIdentity& identity);

/// Reads the identity of the file at the path, without keeping others from using or removing it.
bool findIdentityAt(const std::string& path, FileIdentity& identity);

/// The offset at which a read, a write or a lock begins.
OVERLAPPED overlappedAt(uint64_t at);

/// Locks one byte for this handle, and does not wait. Returns ERROR_SUCCESS, ERROR_LOCK_VIOLATION
/// where another handle has it, or another error of the system.
DWORD tryLockByte(HANDLE file, uint64_t at);
void unlockByte(HANDLE file, uint64_t at);

}  // namespace ebbcache
