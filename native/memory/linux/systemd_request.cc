#include "memory/linux/systemd_request.h"

#include <algorithm>
#include <climits>
#include <string_view>
#include <utility>

#include "memory/linux/base64.h"
#include "memory/linux/reopening_file.h"

namespace ebbcache {
namespace {

constexpr size_t kMaxBytesToWrite = size_t{32} << 10;

/// Variables end with a NUL. Where two have one name the first counts, as for getenv.
std::optional<std::string_view> findVariable(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
    if (variable.substr(0, name.size()) != name) continue;
    if (variable.substr(name.size(), 1) == "=") return variable.substr(name.size() + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<SystemdRequest> readSystemdRequest(const std::string& proc) {
  std::string environment;
  std::string ignored;
  if (readWholeFile(proc + "/self/environ", environment, ignored) != FileResult::kRead) return {};
  const auto path = findVariable(environment, "MEMORY_PRESSURE_WATCH");
  if (!path || path->substr(0, 1) != "/" || path->size() >= PATH_MAX) return {};
  const auto encoded = findVariable(environment, "MEMORY_PRESSURE_WRITE").value_or("");
  if (encoded.size() > (kMaxBytesToWrite + 2) / 3 * 4) return {};
  auto toWrite = decodeBase64(encoded);
  if (!toWrite || toWrite->size() > kMaxBytesToWrite) return {};
  return SystemdRequest{std::string(*path), *std::move(toWrite)};
}

}  // namespace ebbcache
