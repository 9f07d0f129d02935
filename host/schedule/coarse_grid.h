#pragma once

#include <cstdint>

namespace stationary {

/// The coarse grid of step counts: 2^k·{1, 1.25, 1.5, 1.75} that are integers: 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16,
/// 20, … A count found by threshold and rounded up to it does not move with the last bits of what it was found from.

/// Base-2 logarithm of the distance from the grid point t ≥ 1 to the next one; every gap is a power of two.
constexpr int log2_grid_gap(std::int64_t t) {
    int log2 = 0;
    while ((t >> (log2 + 1)) > 0) ++log2;
    return log2 < 2 ? 0 : log2 - 2;
}

/// The grid point after the grid point t ≥ 1.
constexpr std::int64_t next_on_grid(std::int64_t t) { return t + (std::int64_t{1} << log2_grid_gap(t)); }

/// The smallest grid point at or above t ≥ 1.
constexpr std::int64_t round_up_to_grid(std::int64_t t) {
    const std::int64_t gap = std::int64_t{1} << log2_grid_gap(t);
    return (t + gap - 1) / gap * gap;
}

}  // namespace stationary
