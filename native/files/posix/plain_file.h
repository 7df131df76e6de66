// Opening files that are nothing but files, without a wait and without what a stranger may have put
// in their place: for what is a link, a folder, a pipe or a device, there is an error instead.
#pragma once

#include <string>

namespace ebbcache {

/// In place of a number of errno: what is at the path is no plain file.
constexpr int kNotPlain = -1;

/// `flags` are O_RDONLY or O_RDWR, and O_CREAT: then a file that is made is its user's alone. A
/// descriptor, or -1, with the reason in `error`: errno, or kNotPlain.
int openPlainFile(const std::string& path, int flags, int& error);

std::string reasonOf(int error);

}  // namespace ebbcache
