#include <gtest/gtest.h>

#include "codec/compact_names.h"
#include "codec/projection.h"
#include "random_msgpack.h"

namespace ebbcache {
namespace {

using namespace std::string_literals;
using test::appendMembers;
using test::appendText;
using test::RandomMsgpack;
using test::recordOf;
using test::scaled;

/// The paths as the text that FieldPaths takes.
std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : "\0"s) + path;
  return text;
}

std::string selected(std::string_view value, const std::vector<std::string>& paths,
                     const Dictionary* names = nullptr) {
  ByteBuffer out;
  EXPECT_TRUE(out.reset(0, value.size()));
  const bool isWritten = Projection(joined(paths)).write(value, names, out);
  EXPECT_LE(out.size(), value.size());
  return isWritten ? std::string(out.view()) : "refused";
}

/// An object with one field.
std::string around(const std::string& name, const std::string& value) {
  std::string out;
  appendMembers(out, true, 1);
  appendText(out, name);
  return out + value;
}

FieldPaths::Match matchOf(std::string_view name, const std::string& path) {
  PathRests inside;
  return FieldPaths::match(name, {path}, inside);
}

TEST(FieldPathsTest, MatchesNamesAndTheirBeginnings) {
  using Match = FieldPaths::Match;
  EXPECT_EQ(matchOf("Make", "Make"), Match::kWhole);
  EXPECT_EQ(matchOf("Maker", "Make"), Match::kNone);
  EXPECT_EQ(matchOf("Mak", "Make"), Match::kNone);
  EXPECT_EQ(matchOf("GPSLatitude", "GPS*"), Match::kWhole);
  EXPECT_EQ(matchOf("GPS", "GPS*"), Match::kWhole);
  EXPECT_EQ(matchOf("gps", "GPS*"), Match::kNone);
  EXPECT_EQ(matchOf("", "*"), Match::kWhole);
  EXPECT_EQ(matchOf("Lens", "Lens.Model"), Match::kInside);
  EXPECT_EQ(matchOf("Lens.Model", "Lens.Model"), Match::kWhole);
  EXPECT_EQ(matchOf("Lens.Model", "Lens*"), Match::kWhole);
  EXPECT_EQ(matchOf("Lens.Model", "Lens.M*"), Match::kWhole);
  EXPECT_EQ(matchOf("Lens", "L*.Model"), Match::kInside);
  EXPECT_EQ(matchOf("Len", "Lens.Model"), Match::kNone);
  EXPECT_EQ(matchOf("a*", "a*"), Match::kWhole);
}

TEST(FieldPathsTest, LeavesWhatFollowsTheName) {
  PathRests inside;
  EXPECT_EQ(FieldPaths::match("a", {"a.b", "a.c.d", "b.a", "*.e", "a..f"}, inside),
            FieldPaths::Match::kInside);
  EXPECT_EQ(inside, (PathRests{"b", "c.d", "e", ".f"}));
}

TEST(ProjectionTest, LeavesTheFieldsThatMatchInTheirOrder) {
  const std::string value = recordOf({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"cc", "4"}});
  EXPECT_EQ(selected(value, {"c", "a"}), recordOf({{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(selected(value, {"c*"}), recordOf({{"c", "3"}, {"cc", "4"}}));
  EXPECT_EQ(selected(value, {"*"}), value);
  EXPECT_EQ(selected(value, {"d", "a.b"}), recordOf({}));
  EXPECT_EQ(selected(value, {}), recordOf({}));
}

TEST(ProjectionTest, ReachesIntoObjectsAndTheObjectsOfArrays) {
  const std::string lens = recordOf({{"Make", "x"}, {"Model", "y"}});
  EXPECT_EQ(selected(around("Lens", lens), {"Lens.Model"}),
            around("Lens", recordOf({{"Model", "y"}})));
  EXPECT_EQ(selected(around("Lens", lens), {"Lens.None"}), recordOf({}));
  EXPECT_EQ(selected(around("Lens", lens), {"Lens"}), around("Lens", lens));
  const std::string list = "\x93" + lens + "\xc0" + recordOf({{"Make", "z"}});
  EXPECT_EQ(selected(around("All", list), {"All.Model"}),
            around("All", "\x93" + recordOf({{"Model", "y"}}) + recordOf({}) + recordOf({})));
  EXPECT_EQ(selected(around("All", list), {"All.None"}), recordOf({}));
  EXPECT_EQ(selected(list, {"Make"}),
            "\x93" + recordOf({{"Make", "x"}}) + recordOf({}) + recordOf({{"Make", "z"}}));
}

TEST(ProjectionTest, MakesAnEmptyObjectOfWhatHasNoFields) {
  for (const std::string& value : {"\xc0"s, "\x07"s, "\xa1x"s, "\xcb"s + std::string(8, 'x'),
                                   "\xd4\x73\0"s + "\x91\xa1x", "\xd4\x7d\0"s + "\x92\xa1x\x01"}) {
    EXPECT_EQ(selected(value, {"x", "*"}), recordOf({}));
  }
}

TEST(ProjectionTest, FindsTheFieldsOfBoxedObjects) {
  const std::string box = "\xd4\x7e\0"s;
  EXPECT_EQ(selected(box + "\x94\xa9__proto__\x01\xa1x\x02", {"x"}), box + "\x92\xa1x\x02");
  EXPECT_EQ(selected(box + "\x94\xa9__proto__\x01\xa1x\x02", {"__proto__"}),
            box + "\x92\xa9__proto__\x01");
  // A key that is not well-formed is an extension.
  const std::string odd = box + "\x92\xd5\x55zz\x01";
  EXPECT_EQ(selected(odd, {"z*"}), box + "\x90");
  EXPECT_EQ(selected(odd, {"*"}), odd);
}

TEST(ProjectionTest, KeepsTheSizeOfHeaders) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (unsigned i = 0; i < 20; ++i) fields.emplace_back("name" + std::to_string(i), "v");
  const std::string value = recordOf(fields);
  EXPECT_EQ(selected(value, {"name7"}), "\xde\0\x01"s + recordOf({{"name7", "v"}}).substr(1));
  const std::string list = "\xdd\0\0\0\x01"s + value;
  EXPECT_EQ(selected(list, {"name19"}),
            "\xdd\0\0\0\x01\xde\0\x01"s + recordOf({{"name19", "v"}}).substr(1));
}

TEST(ProjectionTest, FindsNumberedNamesOfEachDictionary) {
  const std::string value = recordOf({{"one", "1"}, {"two", "2"}, {"three", "3"}, {"x", "4"}});
  Projection projection(joined({"two", "x"}));
  for (const auto& names : {std::vector<std::string>{"one", "two", "three"},
                            std::vector<std::string>{"three", "one", "two"}}) {
    const auto dictionary = Dictionary::make(names, {}, HashSeed{1, 2});
    ByteBuffer numbered;
    ASSERT_TRUE(replaceNames(value, *dictionary, 0, numbered));
    for (int times = 0; times < 2; ++times) {
      ByteBuffer out;
      ASSERT_TRUE(out.reset(0, numbered.size()));
      ASSERT_TRUE(projection.write(numbered.view(), dictionary.get(), out));
      ByteBuffer whole;
      ASSERT_TRUE(restoreNames(out.view(), *dictionary, UINT64_MAX, 0, whole));
      EXPECT_EQ(whole.view(), recordOf({{"two", "2"}, {"x", "4"}}));
    }
  }
}

TEST(ProjectionTest, RefusesWhatIsNotOneValue) {
  const std::string value = around("a", recordOf({{"b", std::string(40, 'x')}, {"c", "1"}}));
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(selected(value.substr(0, size), {"a.c"}), "refused") << size;
  }
  EXPECT_EQ(selected(value + "\xc0", {"a"}), "refused");
  EXPECT_EQ(selected("\xc1", {"a"}), "refused");
  EXPECT_EQ(selected("\x81\x91\x01\x01", {"a"}), "refused");
  const auto dictionary = Dictionary::make({"name"}, {}, HashSeed{1, 2});
  EXPECT_EQ(selected("\x81\x01\x01", {"name"}, dictionary.get()), "refused");
}

TEST(ProjectionTest, DoesNotReachDeeperThanAnyValueOfOurs) {
  std::string value;
  std::string path = "a";
  for (int depth = 0; depth < 100'000; ++depth)
    value +=
        "\x81\xa1"
        "a";
  value += "\x01";
  for (int depth = 0; depth < 10'000; ++depth) path += ".a";
  EXPECT_EQ(selected(value, {path}), recordOf({}));
  EXPECT_EQ(selected(std::string(100'000, '\x91') + "\x01", {"a"}).substr(0, 1), "\x91");
}

TEST(ProjectionTest, LeavesAllOfWhatALoneStarMatches) {
  RandomMsgpack random(11);
  int objects = 0;
  for (uint64_t i = 0; i < scaled(20'000); ++i) {
    const std::string value = random.value();
    const std::string result = selected(value, {"*"});
    if (static_cast<uint8_t>(value[0]) >> 4 == 8) {
      EXPECT_EQ(result, value);
      ++objects;
    }
    // Damage is refused, or leads to no more than there was.
    std::string damaged = value;
    damaged[random.random().below(damaged.size())] = static_cast<char>(random.random().below(256));
    selected(damaged, {"name*.name*", "a.b", "*"});
  }
  EXPECT_GT(objects, 100);
}

}  // namespace
}  // namespace ebbcache
