// What systemd asks its services to watch: https://systemd.io/MEMORY_PRESSURE/
#pragma once

#include <optional>
#include <string>

namespace ebbcache {

struct SystemdRequest {
  /// A PSI file, a FIFO or a UNIX socket.
  std::string path;
  /// What to write into it after opening it; up to 32 KiB of any bytes.
  std::string toWrite;

  /// Whether services shall not watch anything.
  bool turnsOff() const { return path == "/dev/null"; }
};

/// From MEMORY_PRESSURE_WATCH and MEMORY_PRESSURE_WRITE in <proc>/self/environ, that is as the
/// process was started: to read the variables while another thread sets some is a race. Empty where
/// they are not set, or malformed.
std::optional<SystemdRequest> readSystemdRequest(const std::string& proc);

}  // namespace ebbcache
