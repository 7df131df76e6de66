#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "memory/linux/base64.h"
#include "memory/linux/systemd_request.h"
#include "memory_linux_descriptors.h"
#include "memory_linux_systemd_watch.h"

namespace ebbcache {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;

constexpr milliseconds kNow{0};

TEST(LinuxBase64, DecodesWholeGroupsOnly) {
  EXPECT_EQ(decodeBase64("c29tZSAyMDAwMDAgMjAwMDAwMAA="), "some 200000 2000000\0"s);
  EXPECT_EQ(decodeBase64(""), "");
  EXPECT_EQ(decodeBase64("Zg=="), "f");
  EXPECT_EQ(decodeBase64("Zm8="), "fo");
  EXPECT_EQ(decodeBase64("Zm9v"), "foo");
  EXPECT_EQ(decodeBase64("+/+/"), "\xFB\xFF\xBF");
  for (const char* const bad : {"Z", "Zg", "Zg=", "Zm9", "====", "Z===", "Zg==Zg==", "Zm9v\n",
                                "Zm 9", "-_-_", "Zh==", "Zm9=", "=Zm9", "Zm\x80\xff"}) {
    EXPECT_FALSE(decodeBase64(bad).has_value()) << bad;
  }
}

std::optional<SystemdRequest> requestOf(const std::string& environment) {
  const FileTree tree;
  tree.write("self/environ", environment);
  return readSystemdRequest(tree.path());
}

TEST(LinuxSystemd, FindsItsVariables) {
  const auto request = requestOf(
      "HOME=/\0MEMORY_PRESSURE_WATCHES=/no\0MEMORY_PRESSURE_WATCH=/a b=c\0"
      "MEMORY_PRESSURE_WRITE=Zm9v\0MEMORY_PRESSURE_WATCH=/later\0"s);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->path, "/a b=c");
  EXPECT_EQ(request->toWrite, "foo");
  EXPECT_FALSE(request->turnsOff());
  const auto off = requestOf("MEMORY_PRESSURE_WATCH=/dev/null");
  ASSERT_TRUE(off.has_value());
  EXPECT_TRUE(off->turnsOff());
  EXPECT_EQ(off->toWrite, "");
}

TEST(LinuxSystemd, IgnoresWhatIsMalformed) {
  EXPECT_FALSE(readSystemdRequest("/nowhere").has_value());
  const std::string path = "MEMORY_PRESSURE_WATCH=/a\0MEMORY_PRESSURE_WRITE="s;
  // 32 KiB are 43692 letters.
  EXPECT_TRUE(requestOf(path + std::string(43688, 'A')).has_value());
  for (const std::string& bad :
       {""s, "\0\0"s, "MEMORY_PRESSURE_WATCH"s, "MEMORY_PRESSURE_WATCH="s,
        "MEMORY_PRESSURE_WATCH=relative"s, "xMEMORY_PRESSURE_WATCH=/a"s,
        "MEMORY_PRESSURE_WRITE=Zm9v"s, "MEMORY_PRESSURE_WATCH=/" + std::string(5000, 'a'),
        path + "Zm9", path + std::string(43692, 'A'), path + std::string(1 << 20, 'A')}) {
    EXPECT_FALSE(requestOf(bad).has_value()) << bad.substr(0, 60);
  }
}

TEST_F(LinuxSystemdWatch, HearsAFifo) {
  makeFifo();
  give("");
  const auto watch = openRestless();
  expectNothing(*watch);
  for (int i = 0; i < 3; ++i) {
    // The end of a FIFO, once the writer has closed it, is no warning.
    send(Descriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)), std::string(10'000, 'x'));
    const Stalls stalls = watch->wait(kForever);
    EXPECT_TRUE(stalls.group);
    EXPECT_FALSE(stalls.system);
    expectNothing(*watch);
  }
}

TEST_F(LinuxSystemdWatch, DoesNotHearWhatItWroteIntoAFifo) {
  makeFifo();
  give("MEMORY_PRESSURE_WRITE=Zm9v");
  const auto watch = open();
  expectNothing(*watch);
  const Descriptor writer(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  send(writer, "foo");
  EXPECT_TRUE(watch->wait(kForever).group);
}

TEST_F(LinuxSystemdWatch, HearsAFifoAtTheOtherEndOfWhichItsBytesWereRead) {
  makeFifo();
  const Descriptor other(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  give("MEMORY_PRESSURE_WRITE=Zm9v");
  const auto watch = open();
  std::array<char, 8> bytes{};
  ASSERT_EQ(::read(other.number(), bytes.data(), bytes.size()), 3);
  EXPECT_EQ(std::string(bytes.data(), 3), "foo");
  send(other, "x");
  EXPECT_TRUE(watch->wait(kForever).group);
  expectNothing(*watch);
}

TEST_F(LinuxSystemdWatch, HearsASocketUntilItEnds) {
  const Descriptor listener = listen();
  give("MEMORY_PRESSURE_WRITE=Zm9v");
  const auto before = openDescriptors();
  const auto watch = open(kForever, milliseconds(1));
  Descriptor server = accept(listener);
  std::array<char, 8> bytes{};
  ASSERT_EQ(::read(server.number(), bytes.data(), bytes.size()), 3);
  EXPECT_EQ(std::string(bytes.data(), 3), "foo");
  expectNothing(*watch);
  for (int i = 0; i < 3; ++i) {
    send(server, "under pressure");
    const Stalls stalls = watch->wait(kForever);
    EXPECT_TRUE(stalls.group);
    EXPECT_FALSE(stalls.system);
    expectNothing(*watch);
  }
  send(server, "last words");
  server.close();
  EXPECT_TRUE(watch->wait(kForever).group);
  expectNothing(*watch);
  // Only the descriptor that wakes it is open still.
  EXPECT_EQ(openDescriptors().size(), before.size() + 1);
}

TEST_F(LinuxSystemdWatch, RetriesTheSourcesThatItDoesNotHave) {
  give("");
  const auto watch = openRestless();
  ASSERT_NE(watch, nullptr);
  expectNothing(*watch);
  const Descriptor listener = listen();
  expectNothing(*watch);
  Descriptor server = accept(listener);
  send(server, "x");
  EXPECT_TRUE(watch->wait(kForever).group);
  server.close();
  expectNothing(*watch);
  server = accept(listener);
  send(server, "x");
  EXPECT_TRUE(watch->wait(kForever).group);
}

TEST_F(LinuxSystemdWatch, TakesThePlaceOfTheGroupOnly) {
  const auto psiText = [](const std::string& total) { return "some total=" + total + "\n"; };
  makeFifo();
  give("");
  machine_.tree.write("proc/pressure/memory", psiText("0"));
  machine_.tree.write("cgroup/memory.pressure", psiText("0"));
  const auto watch = open();
  machine_.tree.write("proc/pressure/memory", psiText("1000000000000"));
  machine_.tree.write("cgroup/memory.pressure", psiText("1000000000000"));
  const Stalls stalls = watch->wait(kNow);
  EXPECT_TRUE(stalls.system);
  EXPECT_FALSE(stalls.group);
}

TEST_F(LinuxSystemdWatch, DevNullTurnsAllOff) {
  path_ = "/dev/null";
  give("");
  machine_.tree.write("proc/pressure/memory", "some total=0\n");
  const auto before = openDescriptors();
  const auto watch = open();
  EXPECT_EQ(openDescriptors(), before);
  machine_.tree.write("proc/pressure/memory", "some total=1000000000000\n");
  expectNothing(*watch);
  watch->wake();
  watch->wait(kForever);
}

TEST_F(LinuxSystemdWatch, ArmsAFileOfTheKernel) {
  path_ = "/proc/pressure/memory";
  const auto before = openDescriptors();
  give("MEMORY_PRESSURE_WRITE=c29tZSAyMDAwMDAgMjAwMDAwMAA=");
  auto watch = open();
  if (openDescriptors().size() != before.size() + 2) {
    GTEST_SKIP() << "This kernel has no PSI trigger for this user.";
  }
  watch->wait(kNow);
  EXPECT_EQ(openDescriptors().size(), before.size() + 2);
  // There is nothing to write, or nothing that the kernel accepts: the file would report nothing.
  for (const char* const variables : {"", "MEMORY_PRESSURE_WRITE=Zm9v"}) {
    give(variables);
    watch = open();
    EXPECT_EQ(openDescriptors().size(), before.size() + 1) << variables;
  }
}

TEST_F(LinuxSystemdWatch, PassesOverOtherKindsOfFiles) {
  for (const std::string path : {"/dev/zero", "/", "/nowhere/at/all"}) {
    path_ = path;
    give("MEMORY_PRESSURE_WRITE=Zm9v");
    expectNothing(*open());
  }
}

TEST_F(LinuxSystemdWatch, KeepsNoDescriptorsBehind) {
  makeFifo();
  give("MEMORY_PRESSURE_WRITE=Zm9v");
  const auto before = openDescriptors();
  for (int i = 0; i < 50; ++i) {
    const auto watch = open();
    watch->wait(kNow);
    for (const int number : openDescriptors()) {
      if (before.count(number) != 0) continue;
      EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0) << number;
    }
  }
  EXPECT_EQ(openDescriptors(), before);
}

}  // namespace
}  // namespace ebbcache
