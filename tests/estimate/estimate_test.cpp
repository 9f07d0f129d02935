#include "host/estimate/estimate.h"

#include "host/comparison/comparison.h"
#include "tests/support/fixed_point_draws.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <stdexcept>

namespace stationary {
namespace {

using namespace fixed_point;

TEST(Estimate, IsTheCovarianceAboutThePooledMeanWithErrorsFromTheShards) {
    const IntegerDraws draws = random_draws(640, 3, 1);
    const Estimate estimate = make_estimate(cut(draws, 64), centre3, scale3, float_epsilon);
    ASSERT_EQ(estimate.shards, 64);
    Matrix states(640, 3);
    for (Eigen::Index k = 0; k < 640; ++k)
        for (Eigen::Index i = 0; i < 3; ++i) {
            const auto u = static_cast<std::size_t>(i);
            states(k, i) = centre3[u] + static_cast<double>(draws[static_cast<std::size_t>(k)][u]) / scale3[u];
        }
    const Vector mean = states.colwise().mean();
    const Matrix centred = states.rowwise() - mean.transpose();
    EXPECT_LT((estimate.mean - mean).norm(), 1e-12);
    EXPECT_LT((estimate.covariance - centred.transpose() * centred / 640.0).norm(), 1e-12);

    Matrix squares = Matrix::Zero(3, 3), average = Matrix::Zero(3, 3);
    Vector mean_squares = Vector::Zero(3);
    for (Eigen::Index s = 0; s < 64; ++s) {
        const Matrix block = centred.middleRows(10 * s, 10);
        const Matrix second = block.transpose() * block / 10.0;
        EXPECT_LT((estimate.shard_covariance[static_cast<std::size_t>(s)] - second).norm(), 1e-11);
        average += second / 64.0;
        squares += (second - estimate.covariance).cwiseAbs2();
        mean_squares += block.colwise().mean().transpose().cwiseAbs2();
    }
    EXPECT_LT((average - estimate.covariance).norm(), 1e-12);
    const Matrix error = (squares / (64.0 * 63.0)).cwiseSqrt();
    EXPECT_LT((estimate.covariance_standard_error - error).norm() / error.norm(), 1e-6);
    const Vector mean_error = (mean_squares / (64.0 * 63.0)).cwiseSqrt();
    EXPECT_LT((estimate.mean_standard_error - mean_error).norm() / mean_error.norm(), 1e-5);

    const Matrix a = (Matrix(3, 3) << 1.0, 0.5, -0.2, 0.5, 2.0, 0.1, -0.2, 0.1, 0.3).finished();
    const ScalarEstimate trace = trace_with(estimate, a);
    double spread = 0.0;
    for (const Matrix& shard : estimate.shard_covariance)
        spread += std::pow((a * shard).trace() - (a * estimate.covariance).trace(), 2);
    EXPECT_NEAR(trace.value, (a * estimate.covariance).trace(), 1e-12);
    EXPECT_NEAR(trace.standard_error / std::sqrt(spread / (64.0 * 63.0)), 1.0, 1e-6);
}

TEST(Estimate, DoesNotDependOnTheOrderOfShards) {
    std::vector<ShardMoments> shards = cut(random_draws(640, 3, 2), 64);
    shards[5].first_bad_step = 900;
    shards[41].first_bad_step = 70;
    const Estimate first = make_estimate(shards, centre3, scale3, float_epsilon);
    EXPECT_EQ(first.first_bad_step, 70);
    std::mt19937_64 generator(3);
    for (int trial = 0; trial < 5; ++trial) {
        std::shuffle(shards.begin(), shards.end(), generator);
        const Estimate other = make_estimate(shards, centre3, scale3, float_epsilon);
        expect_same_law(first, other);
        expect_same_bits(first.mean_standard_error, other.mean_standard_error);
        expect_same_bits(first.covariance_standard_error, other.covariance_standard_error);
        for (std::size_t s = 0; s < 64; ++s) expect_same_bits(first.shard_covariance[s], other.shard_covariance[s]);
        EXPECT_EQ(std::bit_cast<std::uint64_t>(first.shard_kurtosis),
                  std::bit_cast<std::uint64_t>(other.shard_kurtosis));
        EXPECT_EQ(other.first_bad_step, 70);
    }
}

TEST(Estimate, ANullDirectionHasAnErrorBar) {
    IntegerDraws draws = random_draws(640, 2, 6);
    for (auto& q : draws) q[1] = 0;
    const Estimate estimate = make_estimate(cut(draws, 64), {0.0, 0.0}, {1024.0, 4096.0}, float_epsilon);
    EXPECT_EQ(estimate.covariance(1, 1), 0.0);
    EXPECT_DOUBLE_EQ(estimate.covariance_standard_error(1, 1), 1.0 / (12.0 * 4096.0 * 4096.0));
    EXPECT_GT(estimate.covariance_standard_error(0, 1), 0.0);
    EXPECT_GT(estimate.mean_standard_error(1), 0.0);
    EXPECT_GT(trace_with(estimate, (Matrix(2, 2) << 0, 0, 0, 1).finished()).standard_error, 0.0);
}

TEST(Estimate, TheFloorCoversWhatRoundingAdds) {
    // One step is a third of a standard deviation, so that rounding shows: it adds 1/(12·9) to a variance.
    std::mt19937_64 generator(8);
    std::normal_distribution<double> normal;
    IntegerDraws draws(64000, std::vector<std::int64_t>(1));
    double sum = 0.0, squares = 0.0;
    for (auto& q : draws) {
        const double state = normal(generator);
        q[0] = std::llround(state * 3.0);
        sum += state / 64000.0;
        squares += state * state / 64000.0;
    }
    const Estimate estimate = make_estimate(cut(draws, 64), {0.0}, {3.0}, float_epsilon);
    const double added = estimate.covariance(0, 0) - (squares - sum * sum);
    // Standard error 7.6e-4 over the draws, against a floor of 9.3e-3: half of it is 6 of those, a false-alarm rate of
    // 1e-9.
    EXPECT_NEAR(added / estimate.resolution_floor(0, 0), 1.0, 0.5);
    EXPECT_GT(estimate.covariance_standard_error(0, 0), estimate.resolution_floor(0, 0));
}

TEST(Estimate, TheFloorCoversARoundedState) {
    // A float state far from the origin: moving it by a unit roundoff moves the covariance by less than the floor.
    const Estimate coarse =
        make_estimate(cut(random_draws(640, 2, 9), 64), {1000.0, 0.0}, {0x1p20, 0x1p20}, float_epsilon);
    const Estimate fine = make_estimate(cut(random_draws(640, 2, 9), 64), {1000.0, 0.0}, {0x1p20, 0x1p20}, 0x1p-53);
    const double deviation = std::sqrt(coarse.covariance(0, 0));
    EXPECT_GT(coarse.resolution_floor(0, 0), 2.0 * deviation * 1000.0 * float_epsilon);
    EXPECT_LT(coarse.resolution_floor(0, 0), 3.0 * deviation * 1000.0 * float_epsilon + 1e-8);
    EXPECT_LT(fine.resolution_floor(0, 0), 1e-3 * coarse.resolution_floor(0, 0));
}

TEST(Estimate, KurtosisOverShardsShowsAHeavyTail) {
    const std::vector<ShardMoments> shards = cut(random_draws(6400, 2, 10), 64);
    EXPECT_LT(make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon).shard_kurtosis, heavy_tail_kurtosis);
    IntegerDraws wild = random_draws(6400, 2, 10);
    wild[3210][1] = 100000;
    EXPECT_GT(make_estimate(cut(wild, 64), {0.0, 0.0}, {1.0, 1.0}, float_epsilon).shard_kurtosis, 50.0);
    // The same single event, but only a step high in a direction that otherwise stands still.
    for (auto& q : wild) q[1] = 0;
    wild[3210][1] = 1;
    const double quiet = make_estimate(cut(wild, 64), {0.0, 0.0}, {1.0, 1.0}, float_epsilon).shard_kurtosis;
    EXPECT_LT(quiet, heavy_tail_kurtosis);
}

TEST(Estimate, WithoutAFiniteDrawTheLawIsNaN) {
    std::vector<ShardMoments> shards = cut(random_draws(64, 2, 11), 4);
    for (ShardMoments& shard : shards) {
        shard = ShardMoments{shard.shard, 0, 16, 0, 5, {0, 0}, 0, 0, {0, 0, 0}};
    }
    const Estimate estimate = make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon);
    EXPECT_EQ(estimate.diverged_chains, 64);
    EXPECT_EQ(estimate.first_bad_step, 5);
    EXPECT_EQ(estimate.shards, 0);
    EXPECT_TRUE(std::isnan(estimate.covariance(0, 1)));
    EXPECT_TRUE(std::isnan(estimate.mean(0)));
    EXPECT_TRUE(std::isnan(trace_with(estimate, Matrix::Identity(2, 2)).value));
}

TEST(Estimate, AShardWithoutFiniteDrawsOnlyAddsItsCounts) {
    std::vector<ShardMoments> shards = cut(random_draws(640, 2, 12), 64);
    const Estimate without = make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon);
    shards.push_back(ShardMoments{64, 0, 10, 0, 3, {0, 0}, 0, 0, {0, 0, 0}});
    const Estimate with = make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon);
    EXPECT_EQ(with.shards, 64);
    EXPECT_EQ(with.diverged_chains, 10);
    expect_same_bits(with.covariance, without.covariance);
    expect_same_bits(with.covariance_standard_error, without.covariance_standard_error);
    EXPECT_NE(with.fingerprint, without.fingerprint);
}

TEST(Estimate, ASingleShardHasNoErrorBar) {
    const Estimate estimate = make_estimate(cut(random_draws(100, 1, 13), 1), {0.0}, {1.0}, float_epsilon);
    EXPECT_TRUE(std::isinf(estimate.covariance_standard_error(0, 0)));
    EXPECT_GT(estimate.covariance(0, 0), 0.0);
    EXPECT_EQ(estimate.shard_kurtosis, 0.0);
}

TEST(Estimate, VelocitySquareHasItsErrorFromTheShards) {
    std::vector<ShardMoments> shards = cut(random_draws(640, 2, 15), 64);
    std::mt19937_64 generator(16);
    std::uniform_int_distribution<std::int64_t> squares(1000000, 3000000);
    double sum = 0.0, sum_of_squares = 0.0;
    for (ShardMoments& shard : shards) {
        const std::int64_t value = squares(generator);
        shard.velocity_squares = value;
        const double mean = static_cast<double>(value) / 10.0 / (512.0 * 512.0);
        sum += mean / 64.0;
        sum_of_squares += mean * mean / 64.0;
    }
    shards.push_back(ShardMoments{64, 0, 10, 0, 3, {0, 0}, 0, 0, {0, 0, 0}});
    const Estimate estimate = make_estimate(shards, {0.0, 0.0}, {1.0, 1.0}, float_epsilon, 512.0);
    EXPECT_NEAR(estimate.velocity_square / sum, 1.0, 1e-14);
    EXPECT_NEAR(estimate.velocity_square_standard_error / std::sqrt((sum_of_squares - sum * sum) / 63.0), 1.0, 1e-7);
    EXPECT_DOUBLE_EQ(estimate.velocity_square_floor, 2.0 / (12.0 * 512.0 * 512.0));
    ASSERT_EQ(estimate.shard_velocity_square.size(), 64U);
    ASSERT_EQ(estimate.shard_mean.size(), 64U);
    Vector mean = Vector::Zero(2);
    for (const Vector& one : estimate.shard_mean) mean += one / 64.0;
    EXPECT_LT((mean - estimate.mean).norm(), 1e-9 * estimate.mean.norm());
}

TEST(Estimate, RefusesWhatCannotBePooled) {
    const std::vector<ShardMoments> shards = cut(random_draws(64, 2, 14), 4);
    EXPECT_THROW(make_estimate({}, {0.0}, {1.0}, float_epsilon), std::invalid_argument);
    EXPECT_THROW(make_estimate(shards, {0.0}, {1.0}, float_epsilon), std::invalid_argument);
    EXPECT_THROW(make_estimate(shards, {0.0, 0.0}, {1.0}, float_epsilon), std::invalid_argument);
    std::vector<ShardMoments> twice = shards;
    twice.push_back(shards[1]);
    EXPECT_THROW(make_estimate(twice, {0.0, 0.0}, {1.0, 1.0}, float_epsilon), std::invalid_argument);
}

}  // namespace
}  // namespace stationary
