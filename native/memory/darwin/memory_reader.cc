#include <mach/mach.h>
#include <mach/mach_error.h>
#include <sys/sysctl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "memory/snapshot.h"
#include "memory/system_bound.h"

namespace ebbcache {
namespace {

bool failed(const char* call, kern_return_t code, std::string& error) {
  if (code == KERN_SUCCESS) return false;
  error = std::string(call) + " failed: " + ::mach_error_string(code) + ".";
  return true;
}

/// Returns false where the system has no such value, or one of another size.
template <typename T>
bool readSysctl(const char* name, T& out) {
  T value{};
  size_t size = sizeof(value);
  if (::sysctlbyname(name, &value, &size, nullptr, 0) != 0 || size != sizeof(value)) return false;
  out = value;
  return true;
}

/// The numbers are those of DISPATCH_MEMORYPRESSURE_NORMAL (1), WARN and CRITICAL.
OsPressureHint readKernelHint() {
  int level = 0;
  if (!readSysctl("kern.memorystatus_vm_pressure_level", level)) return OsPressureHint::kNone;
  if (level == 2) return OsPressureHint::kLow;
  return level == 4 ? OsPressureHint::kCritical : OsPressureHint::kNone;
}

/// The swap files, which macOS makes and removes as it needs them: the limit is their current size.
std::optional<SwapUsage> readSwap() {
  xsw_usage swap{};
  if (!readSysctl("vm.swapusage", swap)) return std::nullopt;
  return SwapUsage{swap.xsu_total, std::min<uint64_t>(swap.xsu_used, swap.xsu_total)};
}

/// The bytes that the kernel cannot reclaim on demand, as Activity Monitor counts them: anonymous
/// memory that its owner did not offer as purgeable, wired memory, and the compressor's. Pages of
/// files are reclaimable, active or not.
uint64_t usedPages(const vm_statistics64_data_t& pages) {
  const uint64_t anonymous = pages.internal_page_count;
  const uint64_t purgeable = std::min<uint64_t>(pages.purgeable_count, anonymous);
  return anonymous - purgeable + pages.wire_count + pages.compressor_page_count;
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
    const uint64_t used = std::min(total, usedPages(pages) * pageBytes);
    MemoryUsage usage;
    if (!toSystemBound("host_statistics64", total, total - used, usage.system, error)) return false;
    usage.kernel = readKernelHint();
    out = usage;
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
    snapshot.swap = readSwap();
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
