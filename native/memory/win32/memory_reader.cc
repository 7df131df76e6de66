#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h. Version 2 has the functions in kernel32, so there is no psapi.dll to link.
#ifndef PSAPI_VERSION
#define PSAPI_VERSION 2
#endif
#include <psapi.h>

#include <algorithm>
#include <system_error>

#include "memory/snapshot.h"

namespace ebbcache {
namespace {

/// Of Windows 10 1607 and later; not all SDKs declare it.
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

/// What all processes of the job have committed; where Windows does not say, what this one has.
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

class WindowsMemoryReader final : public MemoryReader {
 public:
  bool readUsage(MemoryUsage& out, std::string& error) override {
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof(status);
    if (!::GlobalMemoryStatusEx(&status)) return fail("GlobalMemoryStatusEx", error);
    MemoryUsage usage;
    usage.system.limit = status.ullTotalPhys;
    usage.system.used =
        status.ullTotalPhys - std::min<uint64_t>(status.ullAvailPhys, status.ullTotalPhys);
    if (!readJob(usage.system.limit, usage.group, error)) return false;
    out = usage;
    return true;
  }

  bool readSnapshot(MemorySnapshot& out, std::string& error) override {
    MemorySnapshot snapshot;
    PROCESS_MEMORY_COUNTERS_EX counters{};
    if (!readUsage(snapshot.usage, error) || !readCounters(counters, error)) return false;
    snapshot.processRss = counters.WorkingSetSize;
    snapshot.processVirtual = committed(counters);
    out = snapshot;
    return true;
  }

 private:
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
};

}  // namespace

std::unique_ptr<MemoryReader> openMemoryReader(const MemoryRoots& /*roots*/) {
  return std::make_unique<WindowsMemoryReader>();
}

}  // namespace ebbcache
