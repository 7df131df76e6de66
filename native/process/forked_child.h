// Whether this process is a copy, made by fork(), of the one that loaded this library.
#pragma once

namespace ebbcache {

/// What a call in such a process is answered.
constexpr const char* kForkedSentence =
    "This process was forked from the one that loaded ebbcache, and does not have its threads. Use "
    "stores in the parent process alone, or call exec in the child.";

/// Points to a byte that is not 0 where no question is left to ask. Set while the library is
/// loaded, before any other thread has its code.
extern const volatile unsigned char* forkMark;
/// Asks the system, where the mark alone does not tell.
bool isForkedChildBySystem();

/// True from fork() to exec, and in what is forked from there. The threads of the parent are not
/// here, and their locks may be held for ever: such a process takes no lock, waits for no thread
/// and frees nothing that they have used.
inline bool inForkedChild() {
  return *forkMark == 0 && isForkedChildBySystem();
}

}  // namespace ebbcache
