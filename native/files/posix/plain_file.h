// Opens files that are plain files, without a wait, and whatever others may have put in their
// place: a link, a folder, a pipe or a device is an error instead.
#pragma once

#include <string>

namespace ebbcache {

/// It stands for an errno where the path leads to no plain file.
constexpr int kNotPlain = -1;

/// `flags` are O_RDONLY or O_RDWR, and O_CREAT: a file that is made then is its user's alone.
/// Returns a descriptor, or -1 with the reason in `error`: errno, or kNotPlain.
int openPlainFile(const std::string& path, int flags, int& error);

std::string reasonOf(int error);

}  // namespace ebbcache
