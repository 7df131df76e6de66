// Reads fields of an object of options from JavaScript.
#pragma once

#include <napi.h>

#include <chrono>
#include <string>

#include "pressure/level.h"

namespace ebbcache {

// A field that is undefined leaves `out` as it is. Returns false with a JavaScript exception
// pending: a TypeError that names the field, or the exception of a getter.
bool readOption(const Napi::Object& options, const char* name, std::string& out);
bool readOption(const Napi::Object& options, const char* name, double& out);
bool readOption(const Napi::Object& options, const char* name, bool& out);
/// Reads a number of ms; NaN and numbers beyond all durations become -1.
bool readOption(const Napi::Object& options, const char* name, std::chrono::milliseconds& out);

/// Reads `normal`, `elevated`, `high` and `critical`.
bool readThresholds(const Napi::Object& options, Thresholds& out);

}  // namespace ebbcache
