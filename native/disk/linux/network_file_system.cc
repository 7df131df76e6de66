#include "disk/posix/network_file_system.h"

#include <sys/vfs.h>

#include <cstdint>

namespace ebbcache {
namespace {

struct FileSystem {
  uint32_t magic;
  const char* name;
};

// The numbers are from statfs(2), linux/magic.h and the file systems' own headers: no header has
// all of them. FUSE is not among them, as the file system behind it may be local, and has one page
// cache on this machine.
constexpr FileSystem kOnNetworks[] = {
    {0x00006969, "NFS"},      {0x0000517b, "SMB"},  {0xff534d42, "CIFS"},   {0xfe534d42, "SMB2"},
    {0x0000564c, "NCP"},      {0x73757245, "Coda"}, {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
    {0x01021997, "9P"},       {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}, {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"},    {0x47504653, "GPFS"}, {0x19830326, "BeeGFS"}, {0xaad7aaea, "PanFS"},
    {0x20030528, "OrangeFS"},
};

}  // namespace

std::string networkFileSystemOf(const std::string& folder) {
  struct statfs found = {};
  if (::statfs(folder.c_str(), &found) != 0) return {};
  // The type of f_type differs from system to system, and some extend its sign.
  const auto magic = static_cast<uint32_t>(found.f_type);
  for (const FileSystem& each : kOnNetworks) {
    if (each.magic == magic) return each.name;
  }
  return {};
}

}  // namespace ebbcache
