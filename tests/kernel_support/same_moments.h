#pragma once

#include "kernels/interface/backend.h"
#include "tests/kernel_support/chain_programs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

/// Comparison of moments field by field, with every sum in full; and programs whose chains go wrong.
namespace stationary::same_moments {

inline std::string text(Int128 x) {
    const bool negative = x < 0;
    std::string digits;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(negative ? -(x % 10) : x % 10)));
        x /= 10;
    } while (x != 0);
    return (negative ? "-" : "") + digits;
}

inline void expect_same_sums(const std::vector<Int128>& actual, const std::vector<Int128>& expected, const char* what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    for (std::size_t k = 0; k < actual.size(); ++k) EXPECT_EQ(text(actual[k]), text(expected[k])) << what << " " << k;
}

inline void expect_same_moments(const ShardMoments& actual, const ShardMoments& expected) {
    EXPECT_EQ(actual.shard, expected.shard);
    EXPECT_EQ(actual.finite_draws, expected.finite_draws);
    EXPECT_EQ(actual.diverged_chains, expected.diverged_chains);
    EXPECT_EQ(actual.saturated_draws, expected.saturated_draws);
    EXPECT_EQ(actual.first_bad_step, expected.first_bad_step);
    EXPECT_EQ(text(actual.velocity_squares), text(expected.velocity_squares));
    EXPECT_EQ(text(actual.velocity_pulls), text(expected.velocity_pulls));
    expect_same_sums(actual.sum, expected.sum, "sum");
    expect_same_sums(actual.products, expected.products, "products");
}

inline void expect_same_moments(const std::vector<ShardMoments>& actual, const std::vector<ShardMoments>& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t s = 0; s < actual.size(); ++s) {
        SCOPED_TRACE("shard " + std::to_string(expected[s].shard));
        expect_same_moments(actual[s], expected[s]);
    }
}

/// Every chain of this program overflows to infinity between its first draw and its last.
inline CellProgram diverging(CellProgram p) {
    p.step_size = 1e6;
    return p;
}

/// A part of the draws of this program does not fit into the fixed-point range.
inline CellProgram saturating(CellProgram p) {
    for (double& scale : p.scale) scale *= 64.0;
    return p;
}

}  // namespace stationary::same_moments
