#include "host/estimate/pooled_sums.h"

#include "tests/support/fixed_point_draws.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <bit>
#include <type_traits>

namespace stationary {
namespace {

using namespace fixed_point;
using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

constexpr std::int64_t largest = (std::int64_t{1} << 24) - 1;

/// Shards of 2³⁵ draws each: q_0 = −(2²⁴−1) but for `odd` draws one step above it, q_1 = 2²⁴−1 in all of them.
ShardMoments extreme_shard(std::int64_t id, std::int64_t odd) {
    const std::int64_t draws = std::int64_t{1} << 35;
    ShardMoments shard;
    shard.shard = id;
    shard.finite_draws = draws;
    shard.sum = {-Int128{largest} * draws + odd, Int128{largest} * draws};
    const Int128 square = Int128{largest} * largest;
    shard.products = {square * (draws - odd) + Int128{largest - 1} * (largest - 1) * odd,
                      -square * (draws - odd) - Int128{largest} * (largest - 1) * odd, square * draws};
    return shard;
}

TEST(PooledSums, VarianceSurvivesCancellationOfEightyBits) {
    std::vector<ShardMoments> shards;
    for (std::int64_t s = 0; s < 64; ++s) shards.push_back(extreme_shard(s, s + 1));
    const Estimate estimate = make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon);

    // 64·65/2 draws of 2⁴¹ lie one step off, so the variance is p(1 − p); the raw second moment is 2⁴⁸.
    const cpp_rational share(cpp_int(2080), cpp_int(1) << 41);
    const double exact = cpp_rational(share * (1 - share)).convert_to<double>();
    EXPECT_NEAR(estimate.covariance(0, 0) / exact, 1.0, 4e-16);
    EXPECT_EQ(estimate.covariance(0, 1), 0.0);
    EXPECT_EQ(estimate.covariance(1, 1), 0.0);
    EXPECT_EQ(estimate.mean(1), static_cast<double>(largest));

    const cpp_rational own(cpp_int(64), cpp_int(1) << 35);
    const cpp_rational about_pooled = own * (1 - own) + (own - share) * (own - share);
    EXPECT_NEAR(estimate.shard_covariance[63](0, 0) / about_pooled.convert_to<double>(), 1.0, 1e-15);
}

TEST(PooledSums, AgreesWithMultiprecisionOnRandomLargeSums) {
    std::mt19937_64 generator(7);
    std::uniform_int_distribution<std::int64_t> value(-largest, largest);
    IntegerDraws draws(640, std::vector<std::int64_t>(2));
    for (auto& q : draws) q = {value(generator), value(generator) / 3};
    std::vector<ShardMoments> shards = cut(draws, 64);
    // Each draw counted 2⁴⁰ times.
    const Int128 times = Int128{1} << 40;
    cpp_int sum[2]{0, 0}, products[3]{0, 0, 0};
    for (const auto& q : draws) {
        for (int i = 0; i < 2; ++i) sum[i] += cpp_int(q[static_cast<std::size_t>(i)]) << 40;
        products[0] += cpp_int(q[0]) * q[0] << 40;
        products[1] += cpp_int(q[0]) * q[1] << 40;
        products[2] += cpp_int(q[1]) * q[1] << 40;
    }
    for (ShardMoments& shard : shards) {
        shard.finite_draws *= static_cast<std::int64_t>(times);
        for (Int128& entry : shard.sum) entry *= times;
        for (Int128& entry : shard.products) entry *= times;
    }
    const Estimate estimate = make_estimate(shards, {0.0, 0.0}, {2.0, 0.5}, float_epsilon);
    const cpp_int n = cpp_int(640) << 40;
    const auto entry = [&](int i, int j, int packed, double unit) {
        const cpp_rational exact(n * products[packed] - sum[i] * sum[j], n * n);
        return exact.convert_to<double>() / unit;
    };
    EXPECT_DOUBLE_EQ(estimate.covariance(0, 0), entry(0, 0, 0, 4.0));
    EXPECT_DOUBLE_EQ(estimate.covariance(0, 1), entry(0, 1, 1, 1.0));
    EXPECT_DOUBLE_EQ(estimate.covariance(1, 0), estimate.covariance(0, 1));
    EXPECT_DOUBLE_EQ(estimate.covariance(1, 1), entry(1, 1, 2, 0.25));
}

TEST(PooledSums, LawAndFingerprintDoNotDependOnTheShardSize) {
    const IntegerDraws draws = random_draws(1280, 3, 4);
    const Estimate coarse = make_estimate(cut(draws, 64), centre3, scale3, float_epsilon);
    for (const std::size_t shards : {1U, 128U, 640U, 1280U})
        expect_same_law(coarse, make_estimate(cut(draws, shards), centre3, scale3, float_epsilon));
    std::vector<ShardMoments> renumbered = cut(draws, 64);
    for (ShardMoments& shard : renumbered) {
        shard.shard += 1000;
        shard.first_bad_step = 7;
    }
    expect_same_law(coarse, make_estimate(renumbered, centre3, scale3, float_epsilon));
}

TEST(PooledSums, FingerprintChangesWithEveryBitOfItsInputs) {
    std::vector<ShardMoments> shards = cut(random_draws(64, 3, 5), 4);
    std::vector<double> centre = centre3, scale = scale3;
    double velocity_scale = 2048.0;
    const auto fingerprint = [&] {
        return make_estimate(shards, centre, scale, float_epsilon, velocity_scale).fingerprint;
    };
    const std::uint64_t reference = fingerprint();
    std::vector<std::uint64_t> seen{reference};
    const auto try_integer = [&](auto& target, int bits) {
        const auto original = target;
        for (int bit = 0; bit < bits; ++bit) {
            target = original ^ (static_cast<std::remove_reference_t<decltype(target)>>(1) << bit);
            seen.push_back(fingerprint());
        }
        target = original;
    };
    for (Int128& value : shards[2].sum) try_integer(value, 127);
    for (Int128& value : shards[2].products) try_integer(value, 127);
    try_integer(shards[2].velocity_squares, 127);
    try_integer(shards[2].finite_draws, 40);
    try_integer(shards[2].diverged_chains, 40);
    try_integer(shards[2].saturated_draws, 40);
    const auto try_real = [&](double& value) {
        const double original = value;
        for (int bit = 0; bit < 64; ++bit) {
            value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(original) ^ (std::uint64_t{1} << bit));
            seen.push_back(fingerprint());
        }
        value = original;
    };
    for (auto* reals : {&centre, &scale})
        for (double& value : *reals) try_real(value);
    try_real(velocity_scale);
    EXPECT_EQ(fingerprint(), reference);
    EXPECT_EQ(seen.size(), 1U + 10U * 127U + 3U * 40U + 7U * 64U);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

}  // namespace
}  // namespace stationary
