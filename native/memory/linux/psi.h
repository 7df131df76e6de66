// /proc/pressure/memory.
#pragma once

#include <string_view>

#include "memory/snapshot.h"

namespace ebbcache {

/// The 10 s averages, in percent, from the text of a PSI file. False, and `out` untouched, when
/// one of the two lines is missing or malformed.
bool parsePsi(std::string_view text, PsiAverages& out);

}  // namespace ebbcache
