// A read of a value that JavaScript may have decoded before: what it knows of the value, and what
// it is to know from now on, is exchanged in Environment::knownBuffer.
#pragma once

#include <cstring>
#include <string_view>

#include "addon/call.h"
#include "addon/environment.h"

namespace ebbcache {

class KnownRead {
 public:
  /// `changes` may be null. The value MUST be read only after this.
  KnownRead(Environment& environment, CodedStore& store, std::string_view key,
            const ChangeCounters* changes)
      : environment_(environment), store_(store), key_(key) {
    std::memcpy(&known_.fingerprint, environment.knownBuffer.bytes, sizeof known_.fingerprint);
    if (changes == nullptr) return;
    place_ = store.tiered().memory().changePlaceOf(key);
    counter_ = changes->at(place_);
    epoch_ = changes->epoch();
  }
  KnownRead(const KnownRead&) = delete;
  KnownRead& operator=(const KnownRead&) = delete;

  static bool hasBuffer(const Environment& environment) {
    return environment.knownBuffer.capacity >= kKnownBytes;
  }

  /// The reading that MUST be used, once.
  CodedStore::Reading reading() {
    CodedStore::Reading reading = environment_.reading(CodedStore::Names::kNumbered);
    reading.known = &known_;
    return reading;
  }

  /// The outcome for JavaScript of what was read.
  template <typename AnyCall>
  napi_value give(const AnyCall& call, ReadResult result, uint64_t bytes, bool fromDisk) {
    leave(result == ReadResult::kHit && isCounted());
    if (known_.isUnchanged) return call.give(fromDisk ? kUnchangedOnDisk : kUnchanged);
    return call.giveFound(result, bytes, fromDisk);
  }

 private:
  /// Stands for no place in ChangeCounters; lib/arena/hot-slots.ts has the same number.
  static constexpr uint32_t kNoPlace = 0xffffffff;

  /// A value that expires does not change before somebody notices, so only others can be kept by
  /// the counters alone.
  bool isCounted() {
    return place_ != kNoPlace && store_.tiered().remainingTtl(key_) == kNeverExpires;
  }

  void leave(bool isCounted) {
    const uint32_t rest[] = {known_.isPressed ? 1U : 0U, isCounted ? place_ : kNoPlace, counter_,
                             epoch_};
    char* const bytes = environment_.knownBuffer.bytes;
    std::memcpy(bytes, &known_.fingerprint, sizeof known_.fingerprint);
    std::memcpy(bytes + sizeof known_.fingerprint, rest, sizeof rest);
  }

  Environment& environment_;
  CodedStore& store_;
  const std::string_view key_;
  CodedStore::KnownValue known_;
  uint32_t place_ = kNoPlace;
  uint32_t counter_ = 0;
  uint32_t epoch_ = 0;
};

}  // namespace ebbcache
