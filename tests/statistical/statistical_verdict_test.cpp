#include "host/comparison/comparison.h"

#include "tests/support/fixed_point_draws.h"
#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

/// Do the verdicts keep the rates that they promise? Every seed is fixed; the rates in the comments say how often
/// another seed would fail with correct code. A binomial bound five standard deviations out has a false-alarm rate
/// below 1e-5 (below 1e-6 at rates near 0.05 and these counts, normal approximation).
namespace stationary {
namespace {

using synthetic::random_estimate;

const Matrix factor = (Matrix(2, 2) << 1.4, 0.0, 0.5, 0.6).finished();
const Matrix truth = factor * factor.transpose();
constexpr double small_error_draws = 1e5;  ///< per shard: a variance is known to 0.06 %, a half-width is 0.14 %
constexpr double large_error_draws = 100;  ///< per shard: 1.8 %, half-width 4.5 %
const Family family{0.01, 0.05, 4};

Prediction predicted(const Matrix& covariance) {
    Prediction prediction;
    prediction.covariance = covariance;
    prediction.mean = Vector::Zero(covariance.rows());
    return prediction;
}

/// What a number of independent runs came to.
struct Tally {
    int agrees = 0, differs = 0, inconclusive = 0, significant = 0;

    void add(const Comparison& comparison) {
        agrees += comparison.verdict == Verdict::agrees;
        differs += comparison.verdict == Verdict::differs;
        inconclusive += comparison.verdict == Verdict::inconclusive;
        significant += comparison.significant;
    }
};

/// Runs whose true covariance is (1 + bias) times the predicted one.
Tally tally(std::uint64_t seed, int runs, double bias, double draws) {
    std::mt19937_64 generator(seed);
    Tally result;
    for (int run = 0; run < runs; ++run)
        result.add(compare(random_estimate(generator, std::sqrt(1.0 + bias) * factor, draws), predicted(truth), family,
                           64, false));
    return result;
}

// One parameter: trace and entry are one statistic, so that with one interval the promised rates are the exact ones.
TEST(StatisticalVerdict, RatesOfASingleIntervalAreExact) {
    std::mt19937_64 generator(1);
    const Family single{0.01, 0.05, 1};
    const Matrix one = Matrix::Ones(1, 1), at_tolerance = Matrix::Constant(1, 1, std::sqrt(1.01));
    const int runs = 4000;
    Tally right, boundary;
    for (int run = 0; run < runs; ++run) {
        right.add(compare(random_estimate(generator, one, small_error_draws), predicted(one), single, 64, false));
        boundary.add(
            compare(random_estimate(generator, at_tolerance, small_error_draws), predicted(one), single, 64, false));
    }
    // Significant at 5 %: 200 ± 13.8. At the tolerance each wrong side is at 2.5 %: 100 ± 9.9. Five standard
    // deviations.
    EXPECT_NEAR(right.significant, 200, 69);
    EXPECT_EQ(right.agrees, runs);
    EXPECT_NEAR(boundary.agrees, 100, 49);
    EXPECT_NEAR(boundary.differs, 100, 49);
}

// At most 5 % of 4,000 and not far below (the four statistics are correlated): 200 + 5·13.8; under 80 would be a
// quantile too wide.
TEST(StatisticalVerdict, SignificantKeepsTheFamilyErrorRate) {
    const Tally result = tally(2, 4000, 0.0, small_error_draws);
    EXPECT_LE(result.significant, 269);
    EXPECT_GE(result.significant, 80);
}

// Five cells share one family of 20 intervals: at most 5 % of 1,500 runs have any significant cell, 75 + 5·8.4.
TEST(StatisticalVerdict, TheErrorRateHoldsForTheWholeRun) {
    std::mt19937_64 generator(3);
    const Family whole_run{0.01, 0.05, 20};
    int alarms = 0;
    for (int run = 0; run < 1500; ++run) {
        bool any = false;
        for (int cell = 0; cell < 5; ++cell)
            any |=
                compare(random_estimate(generator, factor, 1000), predicted(truth), whole_run, 64, false).significant;
        alarms += any;
    }
    EXPECT_LE(alarms, 117);
    EXPECT_GE(alarms, 25);
}

// Real Gaussian draws through fixed point and make_estimate: at most 5 % of 1,000, 50 + 5·6.9; under 15 would be error
// bars too wide.
TEST(StatisticalVerdict, SignificantKeepsItsRateFromDrawsToVerdict) {
    std::mt19937_64 generator(4);
    std::normal_distribution<double> normal;
    Tally result;
    for (int run = 0; run < 1000; ++run) {
        fixed_point::IntegerDraws draws(64 * 50, std::vector<std::int64_t>(2));
        for (auto& q : draws) {
            const double z0 = normal(generator), z1 = normal(generator);
            q = {std::llround(4096.0 * 1.4 * z0), std::llround(4096.0 * (0.5 * z0 + 0.6 * z1))};
        }
        const Estimate estimate =
            make_estimate(fixed_point::cut(draws, 64), {0.0, 0.0}, {4096.0, 4096.0}, fixed_point::float_epsilon);
        result.add(compare(estimate, predicted(truth), family, 3200, false));
    }
    EXPECT_LE(result.significant, 85);
    EXPECT_GE(result.significant, 15);
    EXPECT_EQ(result.agrees, 0);
    EXPECT_LE(result.differs, result.significant);
}

// The gap to the tolerance is 18 standard errors: no failure in the life of the test.
TEST(StatisticalVerdict, SmallErrorsDecideWhatIsClear) {
    EXPECT_EQ(tally(5, 1000, 0.0, small_error_draws).agrees, 1000);
    EXPECT_EQ(tally(6, 1000, 0.004, small_error_draws).agrees, 1000);
    EXPECT_EQ(tally(7, 1000, 0.02, small_error_draws).differs, 1000);
    EXPECT_EQ(tally(8, 1000, -0.02, small_error_draws).differs, 1000);
}

// "agrees" is impossible with such intervals, and "differs" within the family error rate under the truth: 50 + 5·6.9 of
// 1,000.
TEST(StatisticalVerdict, LargeErrorsDecideNothing) {
    const Tally result = tally(9, 1000, 0.0, large_error_draws);
    EXPECT_EQ(result.agrees, 0);
    EXPECT_LE(result.differs, 84);
    EXPECT_GE(result.inconclusive, 916);
}

// A bias of exactly the tolerance must not be called "agrees" (nor, within the family, "differs") at more than 5 %: 200
// + 5·13.8 of 4,000.
TEST(StatisticalVerdict, ABiasAtTheToleranceSeldomPasses) {
    for (const double bias : {0.01, -0.01}) {
        const Tally result = tally(10, 4000, bias, small_error_draws);
        EXPECT_LE(result.agrees, 269);
        EXPECT_LE(result.differs, 269);
        EXPECT_GE(result.significant, 3990);
    }
}

/// Rounds of "run with as many chains as it says" until a verdict falls; each chain is one draw.
struct Followed {
    int rounds = 0;
    Verdict verdict = Verdict::inconclusive;
};

Followed follow(std::mt19937_64& generator, double bias) {
    Followed result;
    std::int64_t chains = 64 * 500;
    while (result.verdict == Verdict::inconclusive && result.rounds < 5) {
        const double draws = static_cast<double>(chains) / 64.0;
        const Comparison comparison = compare(random_estimate(generator, std::sqrt(1.0 + bias) * factor, draws),
                                              predicted(truth), family, chains, false);
        result.verdict = comparison.verdict;
        result.rounds += result.verdict == Verdict::inconclusive;
        chains = comparison.chains_needed;
    }
    return result;
}

// Under the truth the second run decides with probability 95 % or more: 475 − 5·4.9 of 500. Away from it the size of
// the gap is itself guessed (and too large when it was what stood out), so more rounds are allowed.
TEST(StatisticalVerdict, ChainsNeededLeadToADecision) {
    std::mt19937_64 generator(11);
    int at_once = 0, right = 0;
    for (int run = 0; run < 500; ++run) {
        const Followed result = follow(generator, 0.0);
        at_once += result.rounds == 1 && result.verdict == Verdict::agrees;
    }
    EXPECT_GE(at_once, 450);
    for (int run = 0; run < 500; ++run) {
        const Followed result = follow(generator, 0.02);
        right += result.rounds <= 3 && result.verdict == Verdict::differs;
    }
    EXPECT_GE(right, 450);
}

// Under the truth ‖Ĉ − P‖/‖P‖ lies far above 0 although nothing is wrong, and a t test of it would always alarm; the
// signed error is centred.
TEST(StatisticalVerdict, ANormIsBlindWhereTheLinearStatisticIsCentred) {
    std::mt19937_64 generator(12);
    const int runs = 500;
    double norm_sum = 0, norm_squares = 0, signed_sum = 0, signed_squares = 0;
    for (int run = 0; run < runs; ++run) {
        const Comparison result =
            compare(random_estimate(generator, factor, 1000), predicted(truth), family, 64, false);
        norm_sum += result.relative_error;
        norm_squares += std::pow(result.relative_error, 2);
        signed_sum += result.signed_relative_error;
        signed_squares += std::pow(result.signed_relative_error, 2);
    }
    const auto t = [&](double sum, double squares) {
        const double mean = sum / runs;
        return mean / std::sqrt((squares / runs - mean * mean) / runs);
    };
    EXPECT_LT(std::abs(t(signed_sum, signed_squares)), 5.0);  // false-alarm rate 6e-7
    EXPECT_GT(t(norm_sum, norm_squares), 30.0);
}

// 1,000 sets of 64 Gaussian shards: 0.04 alarms expected, more than 3 with probability 1e-7. With shards of 1,000 draws
// whose square has tail index 1.2 (no variance of the covariance) 79 % are found: 50 of 100 is seven standard
// deviations low.
TEST(StatisticalVerdict, HeavyTailsAreSeenInTheKurtosis) {
    std::mt19937_64 generator(13);
    std::uniform_real_distribution<double> uniform;
    std::normal_distribution<double> normal;
    int alarms = 0, found = 0;
    const auto kurtosis = [](const std::vector<double>& squares) {
        std::vector<ShardMoments> shards;
        for (const double square : squares) {
            const auto products = static_cast<std::int64_t>(square);
            ShardMoments shard;
            shard.shard = static_cast<std::int64_t>(shards.size());
            shard.finite_draws = 1000;
            shard.sum = {0};
            shard.products = {products};
            shards.push_back(shard);
        }
        return make_estimate(shards, {0.0}, {1.0}, fixed_point::float_epsilon).shard_kurtosis;
    };
    for (int set = 0; set < 1000; ++set) {
        std::vector<double> squares(64);
        for (double& square : squares) square = 1e9 + 4e7 * normal(generator);
        alarms += kurtosis(squares) > heavy_tail_kurtosis;
    }
    for (int set = 0; set < 100; ++set) {
        std::vector<double> squares(64);
        for (double& square : squares)
            for (int draw = 0; draw < 1000; ++draw) square += 1e6 * std::pow(1.0 - uniform(generator), -1.0 / 1.2);
        found += kurtosis(squares) > heavy_tail_kurtosis;
    }
    EXPECT_LE(alarms, 3);
    EXPECT_GE(found, 50);
}

// 40 sets of 64 shards of 32 Gaussian draws of 256 parameters: of the sets 34 % have a parameter above the threshold of
// 32 parameters (14 expected), 6 % one above their own (2.4 expected, more than 9 with probability 2e-4).
TEST(StatisticalVerdict, tails_of_many_parameters) {
    constexpr int dimension = 256;
    std::mt19937_64 generator(17);
    std::gamma_distribution<double> squares(16.0, 2.0);  // of 32 draws
    int above_few = 0, above_own = 0;
    for (int set = 0; set < 40; ++set) {
        std::vector<ShardMoments> shards(64);
        for (ShardMoments& shard : shards) {
            shard.shard = &shard - shards.data();
            shard.finite_draws = 32;
            shard.sum.assign(dimension, 0);
            shard.products.assign(static_cast<std::size_t>(packed_size(dimension)), 0);
            std::size_t entry = 0;
            for (int i = 0; i < dimension; entry += static_cast<std::size_t>(dimension - i), ++i)
                shard.products[entry] = static_cast<std::int64_t>(1e8 * squares(generator));
        }
        const std::vector<double> zeros(dimension, 0.0), ones(dimension, 1.0);
        const double kurtosis = make_estimate(shards, zeros, ones, fixed_point::float_epsilon).shard_kurtosis;
        above_few += kurtosis > heavy_tail_kurtosis;
        above_own += kurtosis > heavy_tail_threshold(dimension);
    }
    EXPECT_GE(above_few, 5);
    EXPECT_LE(above_own, 9);
    EXPECT_EQ(heavy_tail_threshold(32), heavy_tail_kurtosis);
    EXPECT_EQ(heavy_tail_threshold(1), heavy_tail_kurtosis);
}

// Cells of B = 1, 2, 4 at biases 0, 0.4 and exactly 1 tolerance: the range may reach the last, or the verdict be wrong,
// in at most 5 % of 1,000.
TEST(StatisticalVerdict, TheInvarianceRangeStopsAtTheTolerance) {
    std::mt19937_64 generator(14);
    const Family three{0.01, 0.05, 3};
    int reached = 0, agreed = 0, stopped = 0;
    for (int run = 0; run < 1000; ++run) {
        std::vector<Estimate> estimates;
        for (const double bias : {0.0, 0.004, 0.01})
            estimates.push_back(random_estimate(generator, std::sqrt(1.0 + bias) * factor, small_error_draws));
        std::vector<InvarianceMember> members;
        for (std::size_t i = 0; i < 3; ++i)
            members.push_back({static_cast<std::int64_t>(i), 0.1 * std::pow(2.0, i), std::int64_t{1} << i, 0.1,
                               &estimates[i], false});
        const Invariance result = judge_invariance(members, predicted(truth), three, 64);
        reached += result.holds_up_to_batch_size == 4;
        stopped += result.holds_up_to_batch_size == 2;
        agreed += result.verdict == Verdict::agrees;
    }
    EXPECT_LE(reached, 84);  // 50 + 5·6.9
    EXPECT_LE(agreed, 84);
    EXPECT_GE(stopped, 916);
}

}  // namespace
}  // namespace stationary
