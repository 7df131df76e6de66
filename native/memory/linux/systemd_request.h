// The source that systemd asks its services to watch: https://systemd.io/MEMORY_PRESSURE/
#pragma once

#include <optional>
#include <string>

namespace ebbcache {

struct SystemdRequest {
  /// The path of a PSI file, a FIFO or a UNIX socket.
  std::string path;
  /// The bytes to write into it after opening it: up to 32 KiB of any bytes.
  std::string toWrite;

  /// Whether the service shall not watch anything.
  bool turnsOff() const { return path == "/dev/null"; }
};

/// Reads MEMORY_PRESSURE_WATCH and MEMORY_PRESSURE_WRITE from <proc>/self/environ, which holds them
/// as of the start of the process: to read the environment while another thread changes it is a
/// race. Empty where they are not set, or malformed.
std::optional<SystemdRequest> readSystemdRequest(const std::string& proc);

}  // namespace ebbcache
