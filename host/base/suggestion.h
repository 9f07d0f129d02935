#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stationary {

/// Levenshtein distance: the least number of inserted, deleted or replaced characters between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// What to append to a message about an unknown word: ` (did you mean "batch_size"?)` where a known word is near,
/// ` (known: a, b, c)` otherwise. Empty if nothing is known.
std::string suggest(std::string_view word, const std::vector<std::string>& known);

}  // namespace stationary
