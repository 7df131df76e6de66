// Processes that a test forks.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace ebbcache::test {

/// Far more time than a child needs, on the slowest of machines.
constexpr unsigned kHungSeconds = 60;

/// Forks, and has the child do the work, which ends it.
template <typename Work>
pid_t forkInto(const Work& work) {
  // Both processes would write the buffered output.
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::alarm(kHungSeconds);
  work();
  ::_exit(EXIT_FAILURE);
}

/// Describes how the child ended, as a sentence.
inline std::string endOf(pid_t child) {
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "There is no child.";
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGALRM ? "It hung." : "Signal " + std::to_string(signal) + " ended it.";
  }
  return "It ended with " + std::to_string(WEXITSTATUS(status)) + ".";
}

/// Runs the work, with its expectations, in a child of its own.
template <typename Work>
void expectInChild(const Work& work) {
  const pid_t child = forkInto([&] {
    work();
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? EXIT_FAILURE : EXIT_SUCCESS);
  });
  EXPECT_EQ(endOf(child), "It ended with 0.");
}

}  // namespace ebbcache::test
