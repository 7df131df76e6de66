#include "memory/linux/number_file.h"

#include <unistd.h>

#include <utility>

#include "memory/linux/text.h"

namespace ebbcache {
namespace {

bool notANumber(const ReopeningFile& file, std::string& error) {
  error = "The file " + file.path() + " does not hold a number of bytes.";
  return false;
}

}  // namespace

bool readNumber(ReopeningFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const auto value = parseUint64(nextToken(text));
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

bool readLimit(ReopeningFile& file, FileBuffer& buffer, uint64_t& bytes, std::string& error) {
  std::string_view text;
  if (file.read(buffer, text, error) != FileResult::kRead) return false;
  const std::string_view token = nextToken(text);
  const auto value = token == "max" ? std::numeric_limits<uint64_t>::max() : parseUint64(token);
  if (!value) return notANumber(file, error);
  bytes = *value;
  return true;
}

void openIfThere(std::optional<ReopeningFile>& file, std::string path) {
  const bool isThere = ::access(path.c_str(), F_OK) == 0;
  if (!isThere) file.reset();
  if (isThere && !file) file.emplace(std::move(path));
}

}  // namespace ebbcache
