#include "host/base/suggestion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace stationary {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
    if (known.empty()) return {};
    const auto longer = std::find_if(known.begin(), known.end(),
                                     [word](const auto& name) { return word.size() >= 3 && name.starts_with(word); });
    if (longer != known.end()) return fmt::format(" (did you mean \"{}\"?)", *longer);
    const auto nearest = std::min_element(known.begin(), known.end(), [word](const auto& left, const auto& right) {
        return edit_distance(word, left) < edit_distance(word, right);
    });
    const std::size_t near_enough = std::max<std::size_t>(2, word.size() / 3);
    if (word.size() >= 3 && edit_distance(word, *nearest) <= near_enough) {
        return fmt::format(" (did you mean \"{}\"?)", *nearest);
    }
    return fmt::format(" (known: {})", fmt::join(known, ", "));
}

}  // namespace stationary
