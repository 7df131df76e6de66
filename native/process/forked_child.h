// Tells whether this process is a copy, made by fork(), of the one that loaded this library.
#pragma once

namespace ebbcache {

/// The sentence with which calls in such a process are refused.
constexpr const char* kForkedSentence =
    "This process was forked from the one that loaded ebbcache, and does not have its threads. Use "
    "stores in the parent process alone, or call exec in the child.";

/// Points to a byte that is not 0 in a process that is known to be no child. Set while the library
/// is loaded, before any other thread runs its code.
extern const volatile unsigned char* forkMark;
/// Asks the system, where the mark alone is not enough.
bool isForkedChildBySystem();

/// True from fork() to exec, and in processes forked from there. The threads of the parent do not
/// exist here, and their locks may be held for ever: such a process takes no lock, waits for no
/// thread and frees nothing that they have used.
inline bool inForkedChild() {
  return *forkMark == 0 && isForkedChildBySystem();
}

}  // namespace ebbcache
