// Fields of an object of options from JavaScript.
#pragma once

#include <napi.h>

#include <chrono>
#include <string>

#include "pressure/level.h"

namespace ebbcache {

// A field that is undefined leaves `out` as it is. False with a JavaScript exception pending: a
// TypeError that names the field, or what a getter threw.
bool readOption(const Napi::Object& options, const char* name, std::string& out);
bool readOption(const Napi::Object& options, const char* name, double& out);
bool readOption(const Napi::Object& options, const char* name, bool& out);
/// A number of ms; one that no duration can be, and NaN, becomes -1.
bool readOption(const Napi::Object& options, const char* name, std::chrono::milliseconds& out);

/// `normal`, `elevated`, `high`, `critical`.
bool readThresholds(const Napi::Object& options, Thresholds& out);

}  // namespace ebbcache
