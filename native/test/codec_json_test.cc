#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "codec/decimal_digits.h"
#include "codec/iso_time.h"
#include "codec/json_number.h"
#include "codec/json_writer.h"
#include "heap_faults.h"
#include "random_msgpack.h"

namespace ebbcache {
namespace {

using test::appendBigEndian;
using test::appendMembers;
using test::appendText;
using test::RandomMsgpack;
using test::recordOf;
using test::scaled;

std::string jsonOf(std::string_view value, const Dictionary* names = nullptr) {
  static JsonWriter writer;
  return writer.write(value, names) ? std::string(writer.json()) : "declined";
}

/// The bytes of a literal, of which some may be 0.
template <size_t kBytes>
std::string bytesOf(const char (&literal)[kBytes]) {
  return std::string(literal, kBytes - 1);
}

std::string textOf(std::string_view text) {
  std::string out;
  appendText(out, text);
  return out;
}

std::string numberOf(double number) {
  std::string value(1, '\xcb');
  uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  appendBigEndian(value, bits, 8);
  return jsonOf(value);
}

double doubleOf(uint64_t bits) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

std::shared_ptr<const Dictionary> dictionaryOfNames(const std::vector<std::string>& names) {
  return Dictionary::make(names, {}, HashSeed{1, 2});
}

TEST(JsonWriterTest, WritesTheSameInAnyRoom) {
  RandomMsgpack random(31);
  JsonWriter writer;
  JsonWriter other;
  uint64_t written = 0;
  for (uint64_t i = 0; i < scaled(5'000); ++i) {
    const std::string value = random.value();
    if (!writer.write(value, nullptr)) continue;
    ++written;
    const std::string json(writer.json());
    std::vector<char> bytes(random.random().below(2 * json.size() + 600));
    ASSERT_TRUE(other.write(value, nullptr, {bytes.data(), bytes.size()}));
    ASSERT_EQ(other.json(), json);
  }
  EXPECT_GT(written, scaled(5'000) / 20);
}

TEST(JsonWriterTest, WritesAllThatJsonHas) {
  EXPECT_EQ(jsonOf("\xc0"), "null");
  EXPECT_EQ(jsonOf("\xc2"), "false");
  EXPECT_EQ(jsonOf("\xc3"), "true");
  EXPECT_EQ(jsonOf("\x7f"), "127");
  EXPECT_EQ(jsonOf("\xff"), "-1");
  EXPECT_EQ(jsonOf("\xce\xff\xff\xff\xff"), "4294967295");
  EXPECT_EQ(jsonOf(bytesOf("\xd2\x80\0\0\0")), "-2147483648");
  EXPECT_EQ(jsonOf("\xa0"), "\"\"");
  EXPECT_EQ(jsonOf("\x80"), "{}");
  EXPECT_EQ(jsonOf("\x90"), "[]");
  EXPECT_EQ(jsonOf("\x93\x90\x80\x91\xc0"), "[[],{},[null]]");
  EXPECT_EQ(jsonOf(recordOf({{"Make", "Canon"}, {"", "R5"}})), R"({"Make":"Canon","":"R5"})");
}

TEST(JsonWriterTest, WritesNumbersInPlaceOfNames) {
  const auto dictionary = dictionaryOfNames({"Make", "a \"quoted\" name", "77", "12", "__proto__"});
  EXPECT_EQ(jsonOf(bytesOf("\x82\0\xc0\1\xc0"), dictionary.get()),
            R"({"Make":null,"a \"quoted\" name":null})");
  EXPECT_EQ(jsonOf(bytesOf("\x81\xcc\0\xc0"), dictionary.get()), R"({"Make":null})");
  EXPECT_EQ(jsonOf(bytesOf("\x81\xcd\0\0\xc0"), dictionary.get()), R"({"Make":null})");
  EXPECT_EQ(jsonOf("\x82\3\xc0\2\xc0", dictionary.get()), R"({"12":null,"77":null})");
  EXPECT_EQ(jsonOf("\x82\2\xc0\3\xc0", dictionary.get()), "declined");
  EXPECT_EQ(jsonOf("\x81\4\xc0", dictionary.get()), "declined");
  EXPECT_EQ(jsonOf("\x81\5\xc0", dictionary.get()), "declined");
  EXPECT_EQ(jsonOf(bytesOf("\x81\xce\0\0\0\0\xc0"), dictionary.get()), "declined");
  EXPECT_EQ(jsonOf(bytesOf("\x81\xd0\0\xc0"), dictionary.get()), "declined");
  EXPECT_EQ(jsonOf(bytesOf("\x81\0\xc0")), "declined");
}

TEST(JsonWriterTest, EscapesWhatJavaScriptEscapes) {
  EXPECT_EQ(jsonOf(textOf("\"\\\b\f\n\r\t")), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(jsonOf(textOf(bytesOf("\0\x1f\x7f"))), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(jsonOf(textOf("\xe2\x80\xa8")), "\"\xe2\x80\xa8\"");
  // Wherever in a text they are, and however long it is.
  for (size_t size = 0; size < 200; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\n';
      std::string expected = '"' + std::string(at, 'a') + "\\n";
      expected += std::string(size - at - 1, 'a') + '"';
      ASSERT_EQ(jsonOf(textOf(text)), expected);
      // With bytes behind it that are no part of it.
      ASSERT_EQ(jsonOf('\x92' + textOf(text) + textOf(std::string(70, '"'))).substr(1, size + 3),
                expected);
    }
  }
}

TEST(JsonWriterTest, WritesAllCharactersAndDeclinesWhatIsNone) {
  for (const std::string_view text : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(jsonOf(textOf(text)), '"' + std::string(text) + '"');
    std::string longer(1023, 'a');
    longer += text;
    EXPECT_EQ(jsonOf(textOf(longer)), '"' + longer + '"');
    for (size_t size = 1; size < text.size(); ++size) {
      EXPECT_EQ(jsonOf(textOf(text.substr(0, size))), "declined");
      EXPECT_EQ(jsonOf(textOf(text.substr(size))), "declined");
    }
  }
  // Too long, surrogates, and above the last character.
  for (const std::string_view text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(jsonOf(textOf(text)), "declined");
  }
}

TEST(JsonWriterTest, WritesTimes) {
  EXPECT_EQ(jsonOf(bytesOf("\xd6\xff\0\0\0\0")), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(jsonOf("\xd6\xff\xff\xff\xff\xff"), "\"2106-02-07T06:28:15.000Z\"");
  // Nanoseconds of the first second of a leap day, the last of which a double rounds up.
  const auto leapDay = [](uint64_t nanoseconds) {
    std::string time = "\xd7\xff";
    appendBigEndian(time, nanoseconds << 34 | 951'782'400, 8);
    return jsonOf(time);
  };
  EXPECT_EQ(leapDay(123'999'000), "\"2000-02-29T00:00:00.123Z\"");
  EXPECT_EQ(leapDay(123'999'999), "\"2000-02-29T00:00:00.124Z\"");
  EXPECT_EQ(jsonOf(bytesOf("\xd4\xff\xff")), "declined");
  EXPECT_EQ(jsonOf(bytesOf("\xc7\x0c\xff\0\0\0\0\0\0\0\0\0\0\0\0")), "declined");
}

TEST(IsoTimeTest, HasEachDayOnce) {
  std::string previous;
  for (uint64_t day = 0; day < 200'000; ++day) {
    std::string text(kIsoTimeBytes, ' ');
    ASSERT_EQ(writeIsoTime(day * 86'400'000, text.data()), text.data() + text.size());
    ASSERT_GT(text, previous);
    previous = text;
  }
  EXPECT_EQ(previous, "2517-07-31T00:00:00.000Z");
}

TEST(JsonWriterTest, DeclinesWhatJsonOrJavaScriptHasOtherwise) {
  // undefined, a box, a text of UTF-16 units, bytes, a float of 32 bits, bigints.
  for (const std::string& value :
       {bytesOf("\xd4\0\0"), bytesOf("\xd4\x7d\0\x90"), bytesOf("\xc7\2\x7b\0\xd8"),
        bytesOf("\xc4\0"), bytesOf("\xca\0\0\0\0"), bytesOf("\xcf\0\0\0\0\0\0\0\1"),
        bytesOf("\xd3\0\0\0\0\0\0\0\1")}) {
    EXPECT_EQ(jsonOf(value), "declined");
    EXPECT_EQ(jsonOf('\x91' + value), "declined");
  }
  for (const std::string& key : {bytesOf("\1"), bytesOf("\xc0"), bytesOf("\xcb\0\0\0\0\0\0\0\0")}) {
    EXPECT_EQ(jsonOf('\x81' + key + '\1'), "declined");
  }
  EXPECT_EQ(jsonOf(recordOf({{"__proto__", ""}})), "declined");
}

TEST(JsonWriterTest, DeclinesIndexesThatAreNotFirstAndInOrder) {
  const auto keysOf = [](const std::vector<std::string>& keys) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const std::string& key : keys) fields.emplace_back(key, "");
    return jsonOf(recordOf(fields)) != "declined";
  };
  EXPECT_TRUE(keysOf({"0", "9", "10", "4294967294", "a", "01", "4294967295", "-1", "1.5", "1a"}));
  EXPECT_TRUE(keysOf({"4294967295", "99999999999", "00"}));
  EXPECT_FALSE(keysOf({"1", "0"}));
  EXPECT_FALSE(keysOf({"10", "9"}));
  EXPECT_FALSE(keysOf({"a", "1"}));
  EXPECT_FALSE(keysOf({"1", "a", "2"}));
  EXPECT_FALSE(keysOf({"4294967295", "4294967294"}));
}

TEST(JsonWriterTest, DeclinesMapsWithAKeyTwice) {
  for (const size_t count : {2, 8, 9, 100, 1000}) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (size_t i = 0; i < count; ++i) fields.emplace_back("key " + std::to_string(i), "");
    EXPECT_NE(jsonOf(recordOf(fields)), "declined");
    fields.back().first = "key 0";
    EXPECT_EQ(jsonOf(recordOf(fields)), "declined");
  }
  const auto dictionary = dictionaryOfNames({"Make", "Model"});
  EXPECT_EQ(jsonOf(bytesOf("\x82\0\1\0\1"), dictionary.get()), "declined");
  // Once as a number and once as a text.
  EXPECT_EQ(jsonOf(bytesOf("\x82\0\1\xa4Make\1"), dictionary.get()), "declined");
  // The maps in one another, and behind one another, have keys of their own.
  EXPECT_EQ(jsonOf(bytesOf("\x82\0\x81\0\1\1\x81\0\1"), dictionary.get()),
            R"({"Make":{"Make":1},"Model":{"Make":1}})");
  EXPECT_EQ(jsonOf(bytesOf("\x83\0\x81\1\1\1\1\0\1"), dictionary.get()), "declined");
  EXPECT_EQ(jsonOf("\x82\xa1"
                   "a\x81\xa1"
                   "a\1\xa1"
                   "b\1"),
            R"({"a":{"a":1},"b":1})");
}

TEST(JsonWriterTest, DeclinesNestingThatNoValueHas) {
  const auto nested = [](size_t levels) { return std::string(levels, '\x91') + '\1'; };
  EXPECT_EQ(jsonOf(nested(257)), std::string(257, '[') + '1' + std::string(257, ']'));
  EXPECT_EQ(jsonOf(nested(100'000)), "declined");
}

TEST(JsonWriterTest, DeclinesWhatIsNotWhole) {
  RandomMsgpack values(11);
  for (uint64_t i = 0; i < scaled(2000); ++i) {
    const std::string value = values.value();
    EXPECT_EQ(jsonOf(value + '\0'), "declined");
    EXPECT_EQ(jsonOf(std::string_view(value).substr(0, value.size() - 1)), "declined");
  }
  EXPECT_EQ(jsonOf(""), "declined");
  EXPECT_EQ(jsonOf("\xdd\xff\xff\xff\xff"), "declined");
  EXPECT_EQ(jsonOf("\xdf\xff\xff\xff\xff\xa1"), "declined");
}

TEST(JsonWriterTest, TakesWhateverBytesThereAre) {
  RandomMsgpack values(12);
  test::SeededRandom& random = values.random();
  std::vector<std::string> names;
  for (size_t i = 0; i < 300; ++i) names.push_back("name " + std::to_string(i));
  const auto dictionary = dictionaryOfNames(names);
  for (uint64_t i = 0; i < scaled(50'000); ++i) {
    std::string bytes = values.value();
    for (uint64_t changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    // A buffer of just these bytes shows reads behind them.
    const std::unique_ptr<char[]> exact(new char[bytes.size()]);
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    JsonWriter writer;
    if (writer.write({exact.get(), bytes.size()}, dictionary.get())) {
      EXPECT_LE(writer.json().size(), JsonWriter::kMaxRatio * bytes.size() + 256);
    }
  }
}

TEST(JsonWriterTest, WritesNamesAndEscapesThatBecomeManyBytes) {
  const auto dictionary = dictionaryOfNames({std::string(63, '"')});
  std::string value;
  appendMembers(value, false, 1000);
  for (unsigned i = 0; i < 1000; ++i) value += bytesOf("\x81\0\1");
  EXPECT_EQ(jsonOf(value, dictionary.get()).size(), 1000 * 133 + 1);
  const std::string controls(60'000, '\1');
  EXPECT_EQ(jsonOf(textOf(controls)).size(), 6 * controls.size() + 2);
}

TEST(JsonWriterTest, DeclinesWhereTheHeapIsExhausted) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (size_t i = 0; i < 100; ++i) fields.emplace_back("key " + std::to_string(i), "value");
  const std::string value = recordOf(fields);
  const std::string expected = jsonOf(value);
  bool isWritten = false;
  std::string json = expected;
  const auto write = [&] {
    // A writer that has no memory yet.
    JsonWriter writer;
    isWritten = writer.write(value, nullptr);
    if (isWritten) json.assign(writer.json());
  };
  const auto check = [&] {
    if (isWritten) {
      EXPECT_EQ(json, expected);
    }
  };
  EXPECT_GT(test::failEachOnce(write, check), 5U);
  EXPECT_TRUE(isWritten);
  // One that was used before needs no more.
  JsonWriter writer;
  ASSERT_TRUE(writer.write(value, nullptr));
  EXPECT_TRUE(test::needsNoHeap([&] { ASSERT_TRUE(writer.write(value, nullptr)); }));
}

TEST(JsonNumberTest, IsLaidOutAsInJavaScript) {
  const std::vector<std::pair<double, std::string>> numbers = {
      {0.0, "0"},
      {-0.0, "0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1 / 30.0, "0.03333333333333333"},
      {123456.789, "123456.789"},
      {1e-6, "0.000001"},
      {1.5e-6, "0.0000015"},
      {1e-7, "1e-7"},
      {1.25e-7, "1.25e-7"},
      {9007199254740991.0, "9007199254740991"},
      {9007199254740992.0, "9007199254740992"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-2.2250738585072014e-308, "-2.2250738585072014e-308"},
      {5.684341886080802e-14, "5.684341886080802e-14"},
      {std::numeric_limits<double>::infinity(), "null"},
      {-std::numeric_limits<double>::infinity(), "null"},
      {std::numeric_limits<double>::quiet_NaN(), "null"},
  };
  for (const auto& [number, text] : numbers) EXPECT_EQ(numberOf(number), text);
}

TEST(JsonNumberTest, IsReadAsTheSameNumber) {
  test::SeededRandom random(13);
  for (uint64_t i = 0; i < scaled(200'000); ++i) {
    const bool isDecimal = i % 2 == 0;
    const double number = isDecimal ? static_cast<double>(random.below(1'000'000'000)) /
                                          std::pow(10, random.below(12))
                                    : doubleOf(random.below(UINT64_MAX));
    if (!std::isfinite(number)) continue;
    const std::string text = numberOf(number);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), number) << text;
    ASSERT_LE(text.size(), kMaxJsonNumberBytes);
  }
}

TEST(JsonNumberTest, HasTheSameDigitsByTrials) {
  test::SeededRandom random(14);
  const auto expectSame = [](double number) {
    if (!std::isfinite(number) || number <= 0) return;
    const DecimalDigits fast = shortestDigits(number);
    const DecimalDigits slow = shortestDigitsByTrials(number);
    ASSERT_EQ(fast.point, slow.point) << number;
    ASSERT_EQ(std::string_view(fast.digits.data(), fast.count),
              std::string_view(slow.digits.data(), slow.count));
  };
  for (int power = -1074; power < 1024; ++power) {
    const double number = std::ldexp(1.0, power);
    expectSame(number);
    expectSame(std::nextafter(number, 0));
    expectSame(std::nextafter(number, std::numeric_limits<double>::infinity()));
  }
  for (uint64_t i = 0; i < scaled(50'000); ++i) {
    expectSame(doubleOf(random.below(UINT64_MAX >> 1)));
    // The numbers that are too small to have all digits.
    expectSame(doubleOf(random.below(uint64_t{1} << 52) >> random.below(52)));
  }
}

}  // namespace
}  // namespace ebbcache
