#include "forks.h"

#include <sys/wait.h>
#include <unistd.h>

int endOfForked(int (*work)()) {
  constexpr unsigned kHungSeconds = 60;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kHungSeconds);
    ::_exit(work());
  }
  int end = 0;
  if (child < 0 || ::waitpid(child, &end, 0) != child) return -1;
  return WIFSIGNALED(end) ? -WTERMSIG(end) : WEXITSTATUS(end);
}
