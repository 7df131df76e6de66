// A table that finds the fields of a text by their names.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ebbcache {

template <typename Member>
struct NamedField {
  std::string_view name;
  Member member{};
};

/// The table is made at compile time. Such texts have some 60 lines, of which a third matters, and
/// are read before each slab that is taken near a limit: so a name is compared only with names of
/// its length.
template <typename Member, size_t kCount>
class FieldTable {
 public:
  /// No name may have more than kMaxLength letters.
  explicit constexpr FieldTable(const std::array<NamedField<Member>, kCount>& fields) {
    size_t placed = 0;
    for (size_t length = 0; length <= kMaxLength; ++length) {
      first_[length] = placed;
      for (const NamedField<Member>& field : fields) {
        if (field.name.size() == length) byLength_[placed++] = field;
      }
    }
    first_[kMaxLength + 1] = placed;
  }

  /// Null for a name that is not in the table.
  constexpr const NamedField<Member>* find(std::string_view name) const {
    if (name.size() > kMaxLength) return nullptr;
    for (size_t at = first_[name.size()]; at < first_[name.size() + 1]; ++at) {
      if (byLength_[at].name == name) return &byLength_[at];
    }
    return nullptr;
  }

 private:
  static constexpr size_t kMaxLength = 31;

  std::array<NamedField<Member>, kCount> byLength_{};
  /// The position of the first name of each length.
  std::array<size_t, kMaxLength + 2> first_{};
};

template <typename Member, size_t kCount>
FieldTable(const std::array<NamedField<Member>, kCount>&) -> FieldTable<Member, kCount>;

}  // namespace ebbcache
