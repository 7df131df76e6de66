#include <gtest/gtest.h>

#include "codec/dictionary_trainer.h"
#include "codec/store_codec.h"
#include "random_msgpack.h"

namespace ebbcache {
namespace {

using test::RandomMsgpack;
using test::recordOf;
using test::scaled;
using test::SeededRandom;

constexpr uint64_t kMaxContentBytes = 64 << 10;

/// A record like those of images: fields of which most have one of a few values.
std::string imageRecord(SeededRandom& random) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (unsigned i = 0; i < 60; ++i) {
    if (random.oneIn(4)) continue;
    const std::string name = "CameraSetting" + std::to_string(i);
    fields.emplace_back(name, "value " + std::to_string(random.below(4)) + " of " + name);
  }
  fields.emplace_back("DateTimeOriginal", std::to_string(random.below(1'000'000'000)));
  return recordOf(fields);
}

std::vector<std::string> imageRecords(uint64_t stream, size_t count) {
  SeededRandom random(stream);
  std::vector<std::string> records;
  while (records.size() < count) records.push_back(imageRecord(random));
  return records;
}

StoreCodecOptions compactOptions(uint64_t prefixBytes = 0) {
  StoreCodecOptions options;
  options.prefixBytes = prefixBytes;
  options.maxContentBytes = kMaxContentBytes;
  return options;
}

/// Puts records until a dictionary is trained.
void trainByPuts(StoreCodec& codec, uint64_t prefixBytes = 0) {
  CodecBuffers buffers;
  const uint64_t trainings = codec.stats().trainings;
  for (const std::string& record : imageRecords(7, 200)) {
    codec.encode(std::string(prefixBytes, 'p') + record, buffers);
  }
  for (unsigned i = 0; i < 10000 && codec.stats().trainings == trainings; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_GT(codec.stats().trainings, trainings);
}

TEST(DictionaryTrainer, TakesTheNamesThatSeveralSamplesHave) {
  const auto dictionary = trainDictionary(imageRecords(1, 100), {0, {}});
  ASSERT_NE(dictionary, nullptr);
  EXPECT_EQ(dictionary->nameCount(), 61U);
  EXPECT_EQ(dictionary->find("DateTimeOriginal"), 0U);
  EXPECT_EQ(dictionary->forCompression(), nullptr);
}

TEST(DictionaryTrainer, KeepsTheGoodNamesAmongAMillionOfStrangers) {
  SeededRandom random(2);
  std::vector<std::string> samples = imageRecords(2, 200);
  for (std::string& sample : samples) {
    std::vector<std::pair<std::string, std::string>> strange;
    for (uint64_t i = 0; i < scaled(5000); ++i) {
      strange.emplace_back("stranger " + std::to_string(random.below(UINT64_MAX)), "");
    }
    // One list of both.
    sample = '\x92' + sample + recordOf(strange);
  }
  const auto dictionary = trainDictionary(samples, {0, {}});
  ASSERT_NE(dictionary, nullptr);
  EXPECT_TRUE(dictionary->find("CameraSetting0").has_value());
  EXPECT_LE(dictionary->nameCount(), 61U);
}

TEST(DictionaryTrainer, MakesNothingOfNothing) {
  EXPECT_EQ(trainDictionary({}, {kMaxContentBytes, {}}), nullptr);
  EXPECT_EQ(trainDictionary({"no msgpack", "\xc1", ""}, {kMaxContentBytes, {}}), nullptr);
}

TEST(StoreCodec, StoresValuesAsTheyAreUntilThereIsADictionary) {
  StoreCodec codec(compactOptions());
  CodecBuffers buffers;
  for (const std::string& record : imageRecords(3, 10)) {
    EXPECT_EQ(codec.encode(record, buffers), record);
    EXPECT_EQ(codec.decode(record, StoreCodec::Names::kWhole, buffers), record);
  }
}

TEST(StoreCodec, MakesRecordsOfOneKindSeveralTimesSmaller) {
  StoreCodec codec(compactOptions());
  trainByPuts(codec);
  CodecBuffers buffers;
  uint64_t bytes = 0;
  uint64_t storedBytes = 0;
  for (const std::string& record : imageRecords(4, 100)) {
    const std::string stored(codec.encode(record, buffers));
    bytes += record.size();
    storedBytes += stored.size();
    EXPECT_EQ(codec.decode(stored, StoreCodec::Names::kWhole, buffers), record);
  }
  EXPECT_LT(storedBytes * 5, bytes);
}

TEST(StoreCodec, GivesBackAnyValueAndItsPrefix) {
  for (const uint64_t prefixBytes : {0, 40}) {
    StoreCodec codec(compactOptions(prefixBytes));
    trainByPuts(codec, prefixBytes);
    RandomMsgpack values(5);
    CodecBuffers buffers;
    for (uint64_t i = 0; i < scaled(20000); ++i) {
      const std::string value = std::string(prefixBytes, 'p') + values.value();
      const std::string stored(codec.encode(value, buffers));
      ASSERT_LE(stored.size(), value.size());
      ASSERT_EQ(codec.decode(stored, StoreCodec::Names::kWhole, buffers), value);
      const std::string numbered(codec.decode(stored, StoreCodec::Names::kNumbered, buffers));
      ASSERT_EQ(codec.decode(numbered, StoreCodec::Names::kWhole, buffers), value);
    }
    EXPECT_EQ(codec.stats().undecodable, 0U);
  }
}

TEST(StoreCodec, GivesBackBytesThatLookCompact) {
  for (const uint64_t prefixBytes : {0, 40}) {
    StoreCodec codec(compactOptions(prefixBytes));
    CodecBuffers buffers;
    for (const std::string bytes : {"\xc1", "\xc1\1abcd", "\xc1\2abcdefgh", "\xc1\xff"}) {
      const std::string value = std::string(prefixBytes, 'p') + bytes;
      const std::string stored(codec.encodePlain(value, buffers));
      EXPECT_NE(stored, value);
      EXPECT_EQ(codec.decode(stored, StoreCodec::Names::kWhole, buffers), value);
      // Otherwise nobody could tell them from a value whose names are numbered.
      EXPECT_EQ(codec.decode(stored, StoreCodec::Names::kNumbered, buffers), stored);
    }
  }
}

TEST(StoreCodec, CountsWhatItCannotDecode) {
  StoreCodec writer(compactOptions());
  trainByPuts(writer);
  StoreCodec reader(compactOptions());
  CodecBuffers buffers;
  const std::string stored(writer.encode(imageRecords(6, 1)[0], buffers));
  EXPECT_EQ(reader.decode(stored, StoreCodec::Names::kWhole, buffers).data(), nullptr);
  EXPECT_EQ(reader.decode("\xc1\7", StoreCodec::Names::kWhole, buffers).data(), nullptr);
  EXPECT_EQ(reader.stats().undecodable, 2U);
}

TEST(StoreCodec, TakesWhateverIsStored) {
  StoreCodec codec(compactOptions());
  trainByPuts(codec);
  SeededRandom random(8);
  const std::vector<std::string> records = imageRecords(8, 50);
  CodecBuffers buffers;
  for (uint64_t i = 0; i < scaled(100000); ++i) {
    std::string stored(codec.encode(records[random.below(records.size())], buffers));
    if (random.oneIn(4)) stored.resize(random.below(stored.size()));
    for (uint64_t changes = random.below(4); changes > 0 && !stored.empty(); --changes) {
      stored[random.skewedBelow(stored.size())] = static_cast<char>(random.below(256));
    }
    CodecBuffers fresh;
    EXPECT_LE(codec.decode(stored, StoreCodec::Names::kWhole, fresh).size(), stored.size() * 64);
    EXPECT_LE(fresh.names.capacity() + fresh.stored.capacity(), 2 * stored.size() * 64 + 64);
  }
}

TEST(StoreCodec, DropsADictionaryForWhichThereIsNoMemory) {
  StoreCodecOptions options = compactOptions();
  std::atomic<uint64_t> asked{0};
  options.dictionaries.setAside = [&asked](uint64_t bytes) {
    asked = bytes;
    return false;
  };
  StoreCodec codec(options);
  CodecBuffers buffers;
  for (const std::string& record : imageRecords(9, 200)) codec.encode(record, buffers);
  for (unsigned i = 0; i < 10000 && asked == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GT(asked, kMaxContentBytes / 16);
  EXPECT_EQ(codec.stats().dictionaries, 0U);
}

TEST(StoreCodec, ServesManyThreadsWhileItTrains) {
  StoreCodec codec(compactOptions());
  std::vector<std::thread> threads;
  std::atomic<uint64_t> wrong{0};
  for (uint64_t stream = 0; stream < 4; ++stream) {
    threads.emplace_back([&codec, &wrong, stream] {
      CodecBuffers buffers;
      SeededRandom random(100 + stream);
      for (uint64_t i = 0; i < scaled(20000); ++i) {
        const std::string record = imageRecord(random);
        const std::string stored(codec.encode(record, buffers));
        if (codec.decode(stored, StoreCodec::Names::kWhole, buffers) != record) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace ebbcache
