#pragma once

#include "host/estimate/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

/// Shards made from explicit fixed-point draws, for the tests of estimates.
namespace stationary::fixed_point {

constexpr double float_epsilon = 0x1p-24;
inline const std::vector<double> centre3{0.5, -1.25, 3.0};
inline const std::vector<double> scale3{1024.0, 4096.0, 512.0};

using IntegerDraws = std::vector<std::vector<std::int64_t>>;

inline ShardMoments moments_of(std::int64_t id, const IntegerDraws& draws, std::size_t dimension) {
    ShardMoments shard;
    shard.shard = id;
    shard.finite_draws = static_cast<std::int64_t>(draws.size());
    shard.sum.assign(dimension, 0);
    shard.products.assign(static_cast<std::size_t>(packed_size(static_cast<int>(dimension))), 0);
    for (const auto& q : draws) {
        std::size_t entry = 0;
        for (std::size_t i = 0; i < dimension; ++i) {
            shard.sum[i] += q[i];
            for (std::size_t j = i; j < dimension; ++j) shard.products[entry++] += Int128{q[i]} * q[j];
        }
    }
    return shard;
}

inline IntegerDraws random_draws(std::size_t count, std::size_t dimension, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal(-500.0, 2000.0);
    IntegerDraws draws(count, std::vector<std::int64_t>(dimension));
    for (auto& q : draws) {
        const double common = normal(generator);
        for (auto& value : q) value = std::llround(normal(generator) + 0.5 * common);
    }
    return draws;
}

/// Cuts the draws into equal shards.
inline std::vector<ShardMoments> cut(const IntegerDraws& draws, std::size_t shards) {
    const auto size = static_cast<std::ptrdiff_t>(draws.size() / shards);
    std::vector<ShardMoments> result;
    for (std::size_t s = 0; s < shards; ++s) {
        const auto first = draws.begin() + static_cast<std::ptrdiff_t>(s) * size;
        result.push_back(moments_of(static_cast<std::int64_t>(s), {first, first + size}, draws.front().size()));
    }
    return result;
}

inline void expect_same_bits(const Matrix& a, const Matrix& b) {
    ASSERT_EQ(a.size(), b.size());
    EXPECT_EQ(0, std::memcmp(a.data(), b.data(), sizeof(double) * static_cast<std::size_t>(a.size())));
}

inline void expect_same_law(const Estimate& a, const Estimate& b) {
    expect_same_bits(a.mean, b.mean);
    expect_same_bits(a.covariance, b.covariance);
    EXPECT_EQ(a.fingerprint, b.fingerprint);
    EXPECT_EQ(a.finite_draws, b.finite_draws);
}

}  // namespace stationary::fixed_point
