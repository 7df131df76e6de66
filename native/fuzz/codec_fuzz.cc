// Stored bytes of any kind, decoded with a dictionary and written as JSON: what comes back is
// bounded, and what was encoded comes back as it was. The dictionary is trained once, from records
// made here.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/dictionary_trainer.h"
#include "codec/json_writer.h"
#include "codec/projection.h"
#include "codec/store_codec.h"
#include "fuzz_check.h"
#include "random_msgpack.h"

namespace ebbcache::fuzz {
namespace {

using Names = StoreCodec::Names;

/// The archive of a codec that has one dictionary from its first put on.
class OneDictionary final : public DictionaryArchive {
 public:
  OneDictionary() : dictionary_(trainDictionary(samples(), {8 << 10, HashSeed{1, 2}})) {}

  bool has(uint32_t) override { return true; }
  std::string load(uint32_t id) override {
    return id == dictionary_->id() ? std::string(dictionary_->bytes()) : std::string();
  }
  uint32_t latest() override { return dictionary_->id(); }
  void save(const Dictionary&) override {}
  void saveLatest(uint32_t) override {}

  const Dictionary* dictionary() const { return dictionary_.get(); }

 private:
  static std::vector<std::string> samples() {
    std::vector<std::string> samples;
    for (unsigned i = 0; i < 200; ++i) {
      std::vector<std::pair<std::string, std::string>> fields;
      for (unsigned field = 0; field < 40; ++field) {
        fields.emplace_back("name " + std::to_string(field),
                            "value " + std::to_string((i * 7 + field) % 5));
      }
      samples.push_back(test::recordOf(fields));
    }
    return samples;
  }

  const std::shared_ptr<const Dictionary> dictionary_;
};

class CodecFuzz {
 public:
  CodecFuzz() {
    StoreCodecOptions options;
    options.dictionaries.archive = &archive_;
    codec_ = std::make_unique<StoreCodec>(options);
  }

  void run(std::string_view bytes) {
    checkEncoded(bytes);
    checkDecoded(std::string(bytes));
    // Bytes behind a header that the codec knows reach further.
    for (const auto method : {StorageMethod::kNames, StorageMethod::kZstd}) {
      std::string stored(StoredValue::kHeaderBytes, '\0');
      StoredValue::writeHeader(stored.data(), method, archive_.latest());
      checkDecoded(stored + std::string(bytes));
    }
    // So do a value's own bytes with a few others among them.
    std::string damaged(codec_->encode(value_, buffers_));
    for (size_t i = 0; i + 1 < bytes.size() && i < 8; i += 2) {
      damaged[static_cast<uint8_t>(bytes[i]) % damaged.size()] = bytes[i + 1];
    }
    checkDecoded(damaged);
  }

 private:
  void checkEncoded(std::string_view value) {
    const std::string stored(codec_->encode(value, buffers_));
    check(stored.size() <= value.size() + StoredValue::kRawHeaderBytes,
          "A value is stored in more bytes.");
    check(codec_->decode(stored, Names::kWhole, buffers_) == value, "Another value came back.");
  }

  void checkDecoded(const std::string& stored) {
    for (const Names names : {Names::kNumbered, Names::kWhole}) {
      const std::string_view value = codec_->decode(stored, names, buffers_);
      check(value.size() <= stored.size() * ZstdContexts::kMaxRatio, "A value is too large.");
      checkJson(std::string(value));
    }
    checkProjected(stored, nullptr);
    checkProjected(stored, archive_.dictionary());
  }

  /// What is left of a value is a value of no more bytes.
  void checkProjected(std::string_view value, const Dictionary* names) {
    ByteBuffer out;
    check(out.reset(0, value.size()), "There is no memory.");
    if (!projection_.write(value, names, out)) return;
    MsgpackReader reader(out.view());
    check(out.size() <= value.size() && reader.skip() && reader.atEnd(), "It is not one value.");
  }

  /// Its JSON is the same whether names are numbers or not.
  void checkJson(const std::string& value) {
    StoredValue parsed;
    if (!StoredValue::isMarked(value)) {
      writer_.write(value, nullptr);
      return;
    }
    if (!parsed.parse(value) || parsed.method != StorageMethod::kNames) return;
    const std::shared_ptr<const Dictionary> names = codec_->dictionary(parsed.dictionaryId);
    if (names == nullptr || !writer_.write(parsed.body, names.get())) return;
    const std::string json(writer_.json());
    check(json.size() <= JsonWriter::kMaxRatio * value.size() + kSlack, "JSON is too large.");
    const std::string_view whole = codec_->decode(value, Names::kWhole, buffers_);
    if (whole.data() == nullptr) return;
    check(writer_.write(whole, nullptr) && writer_.json() == json, "There are two kinds of JSON.");
  }

  OneDictionary archive_;
  std::unique_ptr<StoreCodec> codec_;
  CodecBuffers buffers_;
  Projection projection_{std::string("name 1\0name*\0other.*\0*.x", 24)};
  /// It may use what an earlier value made it take.
  JsonWriter writer_;
  static constexpr size_t kSlack = size_t{1} << 20;
  const std::string value_ = test::recordOf(
      {{"name 1", "value 1"}, {"name 2", "value 2"}, {"other", std::string(200, 'x')}});
};

}  // namespace
}  // namespace ebbcache::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static ebbcache::fuzz::CodecFuzz fuzz;
  fuzz.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
