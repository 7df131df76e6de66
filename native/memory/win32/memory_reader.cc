#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// This include must follow windows.h. Version 2 has the functions in kernel32, so that psapi.dll
// need not be linked.
#ifndef PSAPI_VERSION
#define PSAPI_VERSION 2
#endif
#include <psapi.h>

#include <algorithm>
#include <system_error>

#include "memory/snapshot.h"
#include "memory/system_bound.h"

namespace ebbcache {
namespace {

/// Windows 10 1607 and later have it; not all SDKs declare it.
constexpr auto kJobMemoryUsage = static_cast<JOBOBJECTINFOCLASS>(28);
struct JobMemoryUsage {
  ULONG64 jobMemory;
  ULONG64 peakJobMemory;
};

bool fail(const char* call, std::string& error) {
  const auto code = static_cast<int>(::GetLastError());
  error = std::string(call) + " failed: " + std::system_category().message(code);
  while (!error.empty() && (error.back() == '\n' || error.back() == '\r' || error.back() == '.')) {
    error.pop_back();
  }
  error += " (Windows error " + std::to_string(code) + ").";
  return false;
}

bool readCounters(PROCESS_MEMORY_COUNTERS_EX& out, std::string& error) {
  out.cb = sizeof(out);
  auto* const counters = reinterpret_cast<PROCESS_MEMORY_COUNTERS*>(&out);
  return ::GetProcessMemoryInfo(::GetCurrentProcess(), counters, sizeof(out)) != 0 ||
         fail("GetProcessMemoryInfo", error);
}

/// The commit charge. Both fields mean it, but Windows 7 and Wine fill in only one of them.
uint64_t committed(const PROCESS_MEMORY_COUNTERS_EX& counters) {
  return std::max<uint64_t>(counters.PrivateUsage, counters.PagefileUsage);
}

/// The bytes that all processes of the job have committed; where Windows does not say, those of
/// this process.
uint64_t readJobUsage(uint64_t own) {
  JobMemoryUsage usage{};
  const BOOL read =
      ::QueryInformationJobObject(nullptr, kJobMemoryUsage, &usage, sizeof(usage), nullptr);
  return read ? std::max<uint64_t>(usage.jobMemory, own) : own;
}

void takeTighter(uint64_t limit, uint64_t used, std::optional<MemoryBound>& group) {
  const MemoryBound bound{limit, std::min(used, limit)};
  if (!group || bound.available() < group->available()) group = bound;
}

uint64_t lessOrZero(uint64_t a, uint64_t b) {
  return a - std::min(a, b);
}

/// Windows calls the page file what may be committed in all (by this process, where a job allows it
/// less): physical memory and the page files. So the limit is the size of the page files, and in
/// use are the bytes committed beyond the physical memory in use: those in the page files, and
/// those that they would have to take if all committed memory were touched.
SwapUsage toSwap(const MEMORYSTATUSEX& status) {
  const uint64_t limit = lessOrZero(status.ullTotalPageFile, status.ullTotalPhys);
  const uint64_t allCommitted = lessOrZero(status.ullTotalPageFile, status.ullAvailPageFile);
  const uint64_t physicalInUse = lessOrZero(status.ullTotalPhys, status.ullAvailPhys);
  return SwapUsage{limit, std::min(lessOrZero(allCommitted, physicalInUse), limit)};
}

class WindowsMemoryReader final : public MemoryReader {
 public:
  WindowsMemoryReader() = default;
  ~WindowsMemoryReader() override {
    if (lowMemory_ != nullptr) ::CloseHandle(lowMemory_);
  }
  WindowsMemoryReader(const WindowsMemoryReader&) = delete;
  WindowsMemoryReader& operator=(const WindowsMemoryReader&) = delete;

  bool readUsage(MemoryUsage& out, std::string& error) override {
    MEMORYSTATUSEX status{};
    return readUsage(out, status, error);
  }

  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    MemorySnapshot snapshot;
    MEMORYSTATUSEX status{};
    PROCESS_MEMORY_COUNTERS_EX counters{};
    if (!readUsage(snapshot.usage, status, error) || !readCounters(counters, error)) return false;
    snapshot.processRss = counters.WorkingSetSize;
    // The two calls see the process at different times, and Wine only estimates the address space.
    const uint64_t addressSpace = lessOrZero(status.ullTotalVirtual, status.ullAvailVirtual);
    snapshot.processVirtual = std::max(addressSpace, snapshot.processRss);
    snapshot.swap = toSwap(status);
    out = snapshot;
    return true;
  }

 private:
  bool readUsage(MemoryUsage& out, MEMORYSTATUSEX& status, std::string& error) const {
    status.dwLength = sizeof(status);
    if (!::GlobalMemoryStatusEx(&status)) return fail("GlobalMemoryStatusEx", error);
    MemoryUsage usage;
    if (!toSystemBound("GlobalMemoryStatusEx", status.ullTotalPhys, status.ullAvailPhys,
                       usage.system, error)) {
      return false;
    }
    if (!readJob(usage.system.limit, usage.group, error)) return false;
    usage.kernel = readKernelHint();
    out = usage;
    return true;
  }

  /// Windows reports no critical level.
  OsPressureHint readKernelHint() const {
    BOOL low = FALSE;
    const bool known =
        lowMemory_ != nullptr && ::QueryMemoryResourceNotification(lowMemory_, &low) != 0;
    return known && low ? OsPressureHint::kLow : OsPressureHint::kNone;
  }

  /// The job object is what bounds a Windows container, or a process that CI or a service starts.
  static bool readJob(uint64_t machineTotal, std::optional<MemoryBound>& group,
                      std::string& error) {
    BOOL inJob = FALSE;
    if (!::IsProcessInJob(::GetCurrentProcess(), nullptr, &inJob)) {
      return fail("IsProcessInJob", error);
    }
    if (!inJob) return true;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION job{};
    if (!::QueryInformationJobObject(nullptr, JobObjectExtendedLimitInformation, &job, sizeof(job),
                                     nullptr)) {
      return fail("QueryInformationJobObject", error);
    }
    const DWORD flags = job.BasicLimitInformation.LimitFlags;
    const bool jobBinds =
        (flags & JOB_OBJECT_LIMIT_JOB_MEMORY) != 0 && job.JobMemoryLimit < machineTotal;
    const bool processBinds =
        (flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) != 0 && job.ProcessMemoryLimit < machineTotal;
    if (!jobBinds && !processBinds) return true;
    PROCESS_MEMORY_COUNTERS_EX counters{};
    if (!readCounters(counters, error)) return false;
    const uint64_t own = committed(counters);
    if (jobBinds) takeTighter(job.JobMemoryLimit, readJobUsage(own), group);
    if (processBinds) takeTighter(job.ProcessMemoryLimit, own, group);
    return true;
  }

  /// Null where the system refuses it.
  HANDLE lowMemory_ = ::CreateMemoryResourceNotification(LowMemoryResourceNotification);
};

}  // namespace

std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& /*roots*/) {
  return std::make_unique<WindowsMemoryReader>();
}

}  // namespace ebbcache
