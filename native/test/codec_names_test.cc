#include <gtest/gtest.h>

#include "codec/compact_names.h"
#include "random_msgpack.h"

namespace ebbcache {
namespace {

using test::RandomMsgpack;
using test::recordOf;
using test::scaled;

std::shared_ptr<const Dictionary> dictionaryOf(const std::vector<std::string>& names) {
  return Dictionary::make(names, {}, HashSeed{1, 2});
}

std::vector<std::string> numberedNames(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back("name " + std::to_string(i));
  return names;
}

std::string replaced(std::string_view value, const Dictionary& dictionary) {
  ByteBuffer out;
  return replaceNames(value, dictionary, 0, out) ? std::string(out.view()) : "refused";
}

std::string restored(std::string_view value, const Dictionary& dictionary) {
  ByteBuffer out;
  return restoreNames(value, dictionary, UINT64_MAX, 0, out) ? std::string(out.view()) : "refused";
}

TEST(DictionaryTest, FindsItsNamesAndNoOthers) {
  const auto dictionary = dictionaryOf(numberedNames(Dictionary::kMaxNames));
  ASSERT_NE(dictionary, nullptr);
  for (uint32_t i = 0; i < Dictionary::kMaxNames; ++i) {
    EXPECT_EQ(dictionary->find("name " + std::to_string(i)), i);
    EXPECT_EQ(dictionary->name(i), "name " + std::to_string(i));
  }
  EXPECT_EQ(dictionary->find("name 4096"), std::nullopt);
  EXPECT_EQ(dictionary->find(""), std::nullopt);
  EXPECT_EQ(dictionary->find(std::string(100, 'n')), std::nullopt);
}

TEST(DictionaryTest, IsTheSameAfterItsBytesHaveMoved) {
  const auto dictionary = dictionaryOf(numberedNames(100));
  const auto copy = Dictionary::parse(dictionary->bytes(), HashSeed{3, 4});
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->id(), dictionary->id());
  EXPECT_EQ(copy->find("name 99"), 99U);
  EXPECT_NE(dictionaryOf(numberedNames(101))->id(), dictionary->id());
}

TEST(DictionaryTest, RefusesNamesOutsideItsLimits) {
  EXPECT_EQ(dictionaryOf(numberedNames(Dictionary::kMaxNames + 1)), nullptr);
  EXPECT_EQ(dictionaryOf({"a"}), nullptr);
  EXPECT_EQ(dictionaryOf({std::string(Dictionary::kMaxNameBytes + 1, 'n')}), nullptr);
  EXPECT_EQ(dictionaryOf({"caf\xc3\xa9"}), nullptr);
  EXPECT_EQ(dictionaryOf({"twice", "twice"}), nullptr);
  EXPECT_NE(dictionaryOf({std::string(Dictionary::kMaxNameBytes, 'n')}), nullptr);
}

TEST(DictionaryTest, RefusesBytesThatAreNoDictionary) {
  const auto dictionary = dictionaryOf(numberedNames(20));
  const std::string bytes(dictionary->bytes());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Dictionary::parse(std::string_view(bytes).substr(0, size), {}), nullptr) << size;
  }
  // Content that is no dictionary of zstd.
  EXPECT_EQ(Dictionary::parse(bytes + "content", {}), nullptr);
  std::string laterVersion = bytes;
  laterVersion[0] = 2;
  EXPECT_EQ(Dictionary::parse(laterVersion, {}), nullptr);
}

TEST(CompactNames, AreNumbersInPlaceOfNames) {
  const auto dictionary = dictionaryOf({"Make", "Model"});
  const std::string value = recordOf({{"Make", "Canon"}, {"Other", "Make"}, {"Model", "R5"}});
  EXPECT_EQ(replaced(value, *dictionary), std::string("\x83\0\xa5"
                                                      "Canon\xa5Other\xa4Make\1\xa2R5",
                                                      23));
  EXPECT_EQ(restored(replaced(value, *dictionary), *dictionary), value);
}

TEST(CompactNames, ComeBackForAnyValueOfTheCodec) {
  RandomMsgpack values(1);
  const auto dictionary = dictionaryOf(numberedNames(300));
  for (uint64_t i = 0; i < scaled(20000); ++i) {
    const std::string value = values.value();
    const std::string numbered = replaced(value, *dictionary);
    ASSERT_LE(numbered.size(), value.size());
    ASSERT_EQ(restored(numbered, *dictionary), value);
  }
}

TEST(CompactNames, RefuseWhatIsNoValue) {
  RandomMsgpack values(2);
  const auto dictionary = dictionaryOf(numberedNames(300));
  for (uint64_t i = 0; i < scaled(5000); ++i) {
    const std::string value = values.value();
    EXPECT_EQ(replaced(value + '\0', *dictionary), "refused");
    EXPECT_EQ(replaced(std::string_view(value).substr(0, value.size() - 1), *dictionary),
              "refused");
  }
}

TEST(CompactNames, RefuseKeysThatAreNumbersAlready) {
  const auto dictionary = dictionaryOf({"Make"});
  EXPECT_EQ(replaced("\x81\1\1", *dictionary), "refused");
  EXPECT_EQ(restored("\x81\1\1", *dictionary), "refused");
  EXPECT_EQ(restored(std::string("\x81\0\1", 3), *dictionary),
            recordOf({{"Make", ""}}).substr(0, 6) + "\1");
}

TEST(CompactNames, RefuseNestingThatNoValueHas) {
  const auto dictionary = dictionaryOf({"Make"});
  const auto nested = [](size_t levels) { return std::string(levels, '\x91') + '\1'; };
  EXPECT_EQ(replaced(nested(257), *dictionary), nested(257));
  EXPECT_EQ(replaced(nested(100000), *dictionary), "refused");
  // An array that claims more members than there are bytes.
  EXPECT_EQ(replaced(std::string("\xdd\xff\xff\xff\xff", 5), *dictionary), "refused");
}

TEST(CompactNames, TakeWhateverBytesThereAre) {
  RandomMsgpack values(3);
  test::SeededRandom& random = values.random();
  const auto dictionary = dictionaryOf(numberedNames(300));
  for (uint64_t i = 0; i < scaled(100000); ++i) {
    std::string bytes = i % 2 == 0 ? replaced(values.value(), *dictionary) : values.value();
    for (uint64_t changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    ByteBuffer out;
    replaceNames(bytes, *dictionary, 0, out);
    if (restoreNames(bytes, *dictionary, 10 * bytes.size(), 0, out)) {
      EXPECT_LE(out.size(), 10 * bytes.size());
    }
  }
}

}  // namespace
}  // namespace ebbcache
