#include "disk/folder_sentences.h"

namespace ebbcache {
namespace {

using Kind = FolderTrouble::Kind;

FolderTrouble refused(const std::string& what, const Refusal& refusal) {
  return {refusal.kind, what + " (" + refusal.reason + "). " + refusal.advice};
}

}  // namespace

FolderTrouble notAFolder(const std::string& path) {
  return {Kind::kFailed, path + " is not a folder. " + kAnotherFolder};
}

FolderTrouble notAPlainFile(const std::string& path) {
  return {Kind::kFailed, path + " is not a plain file. Remove it, or choose another folder."};
}

FolderTrouble otherUsers(const std::string& path, const std::string& owner,
                         const std::string& user) {
  return {Kind::kDenied, path + " belongs to user " + owner + ", and this process is user " + user +
                             "'s. " + kAnotherFolder};
}

FolderTrouble onNetwork(const std::string& path, const std::string& fileSystem) {
  return {Kind::kUnshareable, path + " is on a network file system (" + fileSystem +
                                  "), where machines do not see at once what others write. "
                                  "Choose a folder on a local disk."};
}

FolderTrouble withoutLocks(const std::string& path) {
  return {Kind::kUnshareable,
          path + " is on a file system without locks. Choose a folder on a local disk."};
}

FolderTrouble notMade(const std::string& path, const Refusal& refusal) {
  return refused("The folder " + path + " cannot be made", refusal);
}

FolderTrouble notOpened(const std::string& path, const Refusal& refusal) {
  return refused(path + " cannot be opened", refusal);
}

}  // namespace ebbcache
