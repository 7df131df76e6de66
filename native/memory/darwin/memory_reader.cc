#include <mach/mach.h>
#include <mach/mach_error.h>
#include <sys/sysctl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "memory/snapshot.h"

namespace ebbcache {
namespace {

bool failed(const char* call, kern_return_t code, std::string& error) {
  if (code == KERN_SUCCESS) return false;
  error = std::string(call) + " failed: " + ::mach_error_string(code) + ".";
  return true;
}

class DarwinMemoryReader final : public MemoryReader {
 public:
  DarwinMemoryReader() = default;
  ~DarwinMemoryReader() override { ::mach_port_deallocate(mach_task_self(), host_); }
  DarwinMemoryReader(const DarwinMemoryReader&) = delete;
  DarwinMemoryReader& operator=(const DarwinMemoryReader&) = delete;

  bool readUsage(MemoryUsage& out, std::string& error) override {
    uint64_t total = 0;
    size_t size = sizeof(total);
    if (::sysctlbyname("hw.memsize", &total, &size, nullptr, 0) != 0) {
      error = "sysctl hw.memsize failed: " + std::generic_category().message(errno) + ".";
      return false;
    }
    vm_size_t pageBytes = 0;
    if (failed("host_page_size", ::host_page_size(host_, &pageBytes), error)) return false;
    vm_statistics64_data_t pages{};
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    const kern_return_t code =
        ::host_statistics64(host_, HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages), &count);
    if (failed("host_statistics64", code, error)) return false;
    // Free pages include the speculative ones (read ahead, not used yet). Purgeable pages are
    // among the active and inactive ones already: adding them would count some twice.
    const uint64_t available = (uint64_t{pages.free_count} + pages.inactive_count) * pageBytes;
    out = MemoryUsage{MemoryBound{total, total - std::min(available, total)}, std::nullopt};
    return true;
  }

  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    MemorySnapshot snapshot;
    if (!readUsage(snapshot.usage, error)) return false;
    mach_task_basic_info_data_t task{};
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    const kern_return_t code = ::task_info(mach_task_self(), MACH_TASK_BASIC_INFO,
                                           reinterpret_cast<task_info_t>(&task), &count);
    if (failed("task_info", code, error)) return false;
    snapshot.processRss = task.resident_size;
    snapshot.processVirtual = task.virtual_size;
    out = snapshot;
    return true;
  }

 private:
  /// Each call of mach_host_self takes a reference, so it is called once.
  mach_port_t host_ = ::mach_host_self();
};

}  // namespace

std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& /*roots*/) {
  return std::make_unique<DarwinMemoryReader>();
}

}  // namespace ebbcache
