// A process cannot leave a job, so each test runs in a process of its own.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <gtest/gtest.h>
#include <windows.h>

#include <cstdio>
#include <cstdlib>

#include "memory/snapshot.h"

namespace ebbcache::testing {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kLimit = 512 * kMiB;
constexpr int kAsExpected = 0;
constexpr int kOtherwise = 1;

/// Returns null where the system refuses a job.
HANDLE createJob(DWORD flag) {
  const HANDLE job = ::CreateJobObjectW(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = flag;
  limits.ProcessMemoryLimit = kLimit;
  limits.JobMemoryLimit = kLimit;
  const BOOL set =
      ::SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
  return set ? job : nullptr;
}

bool isKept(HANDLE job, DWORD flag) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  return ::QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                                     sizeof(limits), nullptr) != 0 &&
         (limits.BasicLimitInformation.LimitFlags & flag) != 0;
}

/// Ends the process.
[[noreturn]] void readGroupIn(HANDLE job) {
  MemoryUsage usage;
  std::string error;
  const bool read = ::AssignProcessToJobObject(job, ::GetCurrentProcess()) != 0 &&
                    openMemoryReader()->readUsage(usage, error);
  const MemoryBound group = usage.group.value_or(MemoryBound{});
  std::fprintf(stderr, "%s Limit %llu, used %llu.\n", error.c_str(),
               static_cast<unsigned long long>(group.limit),
               static_cast<unsigned long long>(group.used));
  const bool expected = read && group.limit == kLimit && group.used > 0 && group.used < kLimit;
  std::_Exit(expected ? kAsExpected : kOtherwise);
}

class JobDeathTest : public ::testing::TestWithParam<DWORD> {};

TEST_P(JobDeathTest, ItsLimitIsTheGroup) {
  const HANDLE job = createJob(GetParam());
  ASSERT_NE(job, nullptr);
  if (!isKept(job, GetParam())) {
    GTEST_SKIP() << "This system takes the limit of a job and forgets it, as Wine 8 does.";
  }
  EXPECT_EXIT(readGroupIn(job), ::testing::ExitedWithCode(kAsExpected), "");
  ::CloseHandle(job);
}

INSTANTIATE_TEST_SUITE_P(Limits, JobDeathTest,
                         ::testing::Values(JOB_OBJECT_LIMIT_PROCESS_MEMORY,
                                           JOB_OBJECT_LIMIT_JOB_MEMORY));

TEST(JobWithoutLimitDeathTest, IsNoGroup) {
  EXPECT_EXIT(
      {
        const HANDLE job = ::CreateJobObjectW(nullptr, nullptr);
        if (!::AssignProcessToJobObject(job, ::GetCurrentProcess())) std::_Exit(kOtherwise);
        MemoryUsage usage;
        std::string error;
        const bool read = openMemoryReader()->readUsage(usage, error);
        std::_Exit(read && !usage.group ? kAsExpected : kOtherwise);
      },
      ::testing::ExitedWithCode(kAsExpected), "");
}

}  // namespace
}  // namespace ebbcache::testing
