// The projections that one thread used lately: callers ask for the same fields again and again.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "codec/projection.h"

namespace ebbcache {

class RecentProjections {
 public:
  /// Valid until the next call. See FieldPaths for the text.
  Projection& of(std::string_view paths) {
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [paths](const auto& each) { return each->text() == paths; });
    if (found != all_.end()) {
      std::rotate(all_.begin(), found, found + 1);
    } else {
      auto made = std::make_unique<Projection>(std::string(paths));
      if (all_.size() == kMax) all_.pop_back();
      all_.insert(all_.begin(), std::move(made));
    }
    return *all_.front();
  }

 private:
  static constexpr size_t kMax = 16;

  /// The one that was used last is the first.
  std::vector<std::unique_ptr<Projection>> all_;
};

}  // namespace ebbcache
