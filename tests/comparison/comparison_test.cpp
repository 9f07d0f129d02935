#include "host/comparison/comparison.h"

#include "host/comparison/deviation.h"
#include "host/comparison/student_t.h"
#include "tests/support/hard_spectra.h"
#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace stationary {
namespace {

using synthetic::estimate_from;
using synthetic::exact_estimate;

const Matrix truth = (Matrix(2, 2) << 2.0, 0.6, 0.6, 0.5).finished();
const Family family{0.01, 1e-3, 4};

Prediction predicted(const Matrix& covariance) {
    Prediction prediction;
    prediction.covariance = covariance;
    prediction.mean = Vector::Zero(covariance.rows());
    return prediction;
}

Matrix diagonal(double a, double b) { return Vector{{a, b}}.asDiagonal(); }

TEST(Student, QuantilesAreThoseOfTheTables) {
    EXPECT_NEAR(student_t_quantile(0.025, 63), 1.998341, 1e-6);
    EXPECT_NEAR(student_t_quantile(0.025, 1), 12.706205, 1e-6);
    EXPECT_NEAR(student_t_quantile(0.0005, 30), 3.645959, 1e-6);
    EXPECT_NEAR(student_t_quantile(1e-9, 1e9), 5.997807, 1e-5);
    EXPECT_TRUE(std::isinf(student_t_quantile(0.025, 0)));
    EXPECT_DOUBLE_EQ(simultaneous_quantile({0.01, 0.05, 1}, 64), student_t_quantile(0.025, 63));
    EXPECT_DOUBLE_EQ(simultaneous_quantile({0.01, 0.05, 10}, 64), student_t_quantile(0.0025, 63));
}

TEST(Comparison, CountsItsIntervals) {
    EXPECT_EQ(intervals_per_comparison(1), 2);
    EXPECT_EQ(intervals_per_comparison(10), 56);
}

TEST(Comparison, SmallErrorsAroundThePredictionAgree) {
    const Comparison result = compare(exact_estimate(truth, 1e-5), predicted(truth), family, 640, false);
    EXPECT_EQ(result.verdict, Verdict::agrees);
    EXPECT_FALSE(result.significant);
    EXPECT_EQ(result.chains_needed, 640);
    EXPECT_NEAR(result.signed_relative_error, 0.0, 1e-12);
    EXPECT_LT(result.relative_error, 1e-12);
}

TEST(Comparison, ReportsTheFormulasOfTheDocumentation) {
    const Matrix estimate = (Matrix(2, 2) << 2.02, 0.61, 0.61, 0.50).finished();
    const double error = 1e-3;
    const Comparison result = compare(exact_estimate(estimate, error), predicted(truth), family, 640, false);
    // tr(P⁺Ĉ)/2 − 1 with P⁻¹ = [[0.5, −0.6], [−0.6, 2]]/0.64; every entry of every shard moves together by ± error·√63.
    const double value = (0.5 * 2.02 - 2.0 * 0.6 * 0.61 + 2.0 * 0.5) / 0.64 / 2.0 - 1.0;
    const double half_width = simultaneous_quantile(family, 64) * error * (0.5 - 1.2 + 2.0) / 0.64 / 2.0;
    EXPECT_NEAR(result.signed_relative_error, value, 1e-12);
    EXPECT_NEAR(result.signed_relative_error_interval[0], value - half_width, 1e-9);
    EXPECT_NEAR(result.signed_relative_error_interval[1], value + half_width, 1e-9);
    EXPECT_NEAR(result.relative_error, (estimate - truth).norm() / truth.norm(), 1e-12);
    EXPECT_NEAR(result.relative_error_standard_error, 2.0 * error / truth.norm(), 1e-9);
    EXPECT_NEAR(result.max_abs_t, 0.02 / error, 1e-5);
}

TEST(Comparison, ASmallBiasAgreesAndIsSignificant) {
    const Comparison result = compare(exact_estimate(1.002 * truth, 1e-5), predicted(truth), family, 640, false);
    EXPECT_EQ(result.verdict, Verdict::agrees);
    EXPECT_TRUE(result.significant);
    EXPECT_NEAR(result.signed_relative_error, 0.002, 1e-12);
}

TEST(Comparison, ALargeBiasOfEitherSignDiffers) {
    for (const double factor : {0.97, 1.03}) {
        const Comparison result = compare(exact_estimate(factor * truth, 1e-4), predicted(truth), family, 640, false);
        EXPECT_EQ(result.verdict, Verdict::differs);
        EXPECT_TRUE(result.significant);
        EXPECT_NEAR(result.signed_relative_error, factor - 1.0, 1e-12);
    }
}

TEST(Comparison, SeesAnEntryThatTheTraceDoesNot) {
    // diag(1, 2) + an off-diagonal entry: tr(WC) is blind to it, and to +5 % and −5 % on the diagonal.
    const Matrix p = diagonal(1.0, 2.0);
    const Matrix rotated = (Matrix(2, 2) << 1.0, 0.05, 0.05, 2.0).finished();
    const Comparison off_diagonal = compare(exact_estimate(rotated, 1e-5), predicted(p), family, 640, false);
    EXPECT_NEAR(off_diagonal.signed_relative_error, 0.0, 1e-12);
    EXPECT_EQ(off_diagonal.verdict, Verdict::differs);
    const Comparison exchanged = compare(exact_estimate(diagonal(1.05, 1.9), 1e-5), predicted(p), family, 640, false);
    EXPECT_NEAR(exchanged.signed_relative_error, 0.0, 1e-12);
    EXPECT_EQ(exchanged.verdict, Verdict::differs);
}

TEST(Comparison, SeesADirectionThatTheEntriesDoNot) {
    // Condition number 1e3: the thin direction is wrong by 20 %, each entry by less than 0.1 %.
    const Matrix p = (Matrix(2, 2) << 1.0, 0.998, 0.998, 1.0).finished();
    Matrix wrong = p;
    wrong.diagonal().array() += 0.0002;
    wrong(0, 1) = wrong(1, 0) = p(0, 1) - 0.0002;
    const Comparison result = compare(exact_estimate(wrong, 1e-6), predicted(p), family, 640, false);
    EXPECT_LT(result.relative_error, 3e-4);
    EXPECT_NEAR(result.signed_relative_error, 0.1, 1e-6);
    EXPECT_EQ(result.verdict, Verdict::differs);
}

TEST(Comparison, UndecidedTestsSayHowManyChainsWouldDecide) {
    const Matrix p = diagonal(1.0, 1.0);
    const double quantile = simultaneous_quantile(family, 64);
    const std::int64_t chains = 6400;
    // The trace is the average of two variances that move together, so every interval is equally wide.
    const Comparison centred = compare(exact_estimate(p, 0.01), predicted(p), family, chains, false);
    EXPECT_EQ(centred.verdict, Verdict::inconclusive);
    EXPECT_NEAR(static_cast<double>(centred.chains_needed), 6400.0 * std::pow(2.0 * quantile, 2), 2.0);

    const Comparison biased = compare(exact_estimate(1.045 * p, 0.01), predicted(p), family, chains, false);
    EXPECT_EQ(biased.verdict, Verdict::inconclusive);
    EXPECT_NEAR(static_cast<double>(biased.chains_needed), 6400.0 * std::pow(0.02 * quantile / 0.035, 2), 2.0);
}

TEST(Comparison, SaysWhenNoNumberOfChainsDecides) {
    const Matrix p = diagonal(1.0, 1.0);
    const Comparison boundary = compare(exact_estimate(diagonal(1.01, 1.01), 1e-6), predicted(p), family, 640, false);
    EXPECT_EQ(boundary.verdict, Verdict::inconclusive);
    EXPECT_GT(boundary.chains_needed, 1000000000);
    EXPECT_LE(boundary.chains_needed, undecidable_chains);
    const Comparison coarse = compare(exact_estimate(p, 0.01, 0.005), predicted(p), family, 640, false);
    EXPECT_EQ(coarse.verdict, Verdict::inconclusive);
    EXPECT_EQ(coarse.chains_needed, undecidable_chains);
}

TEST(Comparison, ANullDirectionIsComparedWithinTheResolution) {
    const Matrix p = diagonal(1.0, 0.0);
    const Comparison still = compare(exact_estimate(p, 0.0, 1e-9), predicted(p), family, 640, false);
    EXPECT_EQ(still.verdict, Verdict::agrees);
    EXPECT_FALSE(still.significant);
    EXPECT_EQ(still.max_abs_t, 0.0);
    // Rounding of a solver instead of a zero, on either side of it.
    for (const double rounding : {1e-17, -1e-17, 1e-13}) {
        const Comparison rounded =
            compare(exact_estimate(p, 0.0, 1e-20), predicted(diagonal(1.0, rounding)), family, 640, false);
        EXPECT_EQ(rounded.verdict, Verdict::agrees) << rounding;
        EXPECT_FALSE(rounded.significant);
    }
    const Comparison moving = compare(exact_estimate(diagonal(1.0, 1e-6), 0.0, 1e-9), predicted(p), family, 640, false);
    EXPECT_EQ(moving.verdict, Verdict::differs);
    EXPECT_TRUE(moving.significant);
    EXPECT_NEAR(moving.signed_relative_error, 0.0, 1e-12);
}

TEST(Comparison, ASmallVarianceAboveTheResolutionKeepsItsOwnScale) {
    const Matrix p = diagonal(1.0, 1e-8);
    const Matrix wrong = diagonal(1.0, 1.1e-8);
    EXPECT_EQ(compare(exact_estimate(p, 0.0, 1e-12), predicted(p), family, 640, false).verdict, Verdict::agrees);
    EXPECT_EQ(compare(exact_estimate(wrong, 0.0, 1e-12), predicted(p), family, 640, false).verdict, Verdict::differs);
}

TEST(Comparison, RankDeficientPredictionsUseTheirPseudoInverse) {
    const Vector direction{{2.0, 1.0}};
    const Matrix p = direction * direction.transpose();
    const Comparison result = compare(exact_estimate(1.005 * p, 0.0, 1e-12), predicted(p), family, 640, false);
    EXPECT_NEAR(result.signed_relative_error, 0.005, 1e-12);
    EXPECT_EQ(result.verdict, Verdict::agrees);
    EXPECT_TRUE(result.significant);
}

TEST(Comparison, NothingAgainstNothingAgrees) {
    const Matrix zero = Matrix::Zero(2, 2);
    const Comparison result = compare(exact_estimate(zero, 0.0, 1e-9), predicted(zero), family, 640, false);
    EXPECT_EQ(result.verdict, Verdict::agrees);
    EXPECT_EQ(result.relative_error, 0.0);
    EXPECT_EQ(result.signed_relative_error, 0.0);
    EXPECT_EQ(result.max_abs_t, 0.0);
    const Comparison noise = compare(exact_estimate(truth, 1e-3), predicted(zero), family, 640, false);
    EXPECT_EQ(noise.verdict, Verdict::differs);
    EXPECT_TRUE(std::isinf(noise.relative_error));
}

TEST(Comparison, HeavyTailsAreNeverDecided) {
    for (const double factor : {1.0, 2.0}) {
        const Comparison result = compare(exact_estimate(factor * truth, 1e-6), predicted(truth), family, 640, true);
        EXPECT_EQ(result.verdict, Verdict::inconclusive);
        EXPECT_FALSE(result.significant);
        EXPECT_EQ(result.chains_needed, undecidable_chains);
        EXPECT_NEAR(result.signed_relative_error, factor - 1.0, 1e-12);
    }
}

TEST(Comparison, WithoutFiniteNumbersItIsInconclusive) {
    Estimate nothing = exact_estimate(truth, 1e-3);
    nothing.shards = 0;
    nothing.shard_covariance.clear();
    nothing.covariance.setConstant(std::numeric_limits<double>::quiet_NaN());
    nothing.covariance_standard_error = nothing.resolution_floor = nothing.covariance;
    const Matrix infinite = Matrix::Constant(2, 2, std::numeric_limits<double>::infinity());
    for (const Comparison& result : {compare(nothing, predicted(truth), family, 640, false),
                                     compare(exact_estimate(truth, 1e-3), predicted(infinite), family, 640, false)}) {
        EXPECT_EQ(result.verdict, Verdict::inconclusive);
        EXPECT_FALSE(result.significant);
        EXPECT_TRUE(std::isnan(result.relative_error));
        EXPECT_TRUE(std::isnan(result.signed_relative_error_interval[1]));
        EXPECT_TRUE(std::isnan(result.max_abs_t));
        EXPECT_EQ(result.chains_needed, undecidable_chains);
    }
}

TEST(Comparison, ASingleShardIsInconclusive) {
    Estimate alone = estimate_from({truth}, 1e-9);
    alone.covariance_standard_error.setConstant(std::numeric_limits<double>::infinity());
    for (const Matrix& p : {truth, diagonal(1.0, 0.0)}) {
        const Comparison result = compare(alone, predicted(p), family, 10, false);
        EXPECT_EQ(result.verdict, Verdict::inconclusive);
        EXPECT_FALSE(result.significant);
        EXPECT_EQ(result.chains_needed, undecidable_chains);
    }
}

TEST(Comparison, RefusesMixedDimensions) {
    EXPECT_THROW(compare(exact_estimate(truth, 1e-3), predicted(Matrix::Identity(3, 3)), family, 640, false),
                 std::invalid_argument);
}

TEST(PseudoInverse, KnowsTheRankOfMatricesWithAWideNullSpace) {
    for (const Eigen::Index d : {20, 40, 200}) {
        for (const Eigen::Index rank : {1, 2, 12}) {
            const Matrix covariance = hard_spectra::of_rank(rank, d);
            const PseudoInverse inverse = pseudo_inverse(covariance);
            EXPECT_EQ(inverse.rank, rank) << d;
            EXPECT_LT((covariance * inverse.matrix * covariance - covariance).norm(), 1e-9 * covariance.norm()) << d;
        }
    }
}

TEST(PseudoInverse, DoesNotOverflowBeforeTheCovarianceDoes) {
    for (const Eigen::Index d : {2, 40})
        EXPECT_EQ(pseudo_inverse(1.7e308 * Matrix::Identity(d, d)).rank, d) << "an entry of the sum with the transpose";
}

}  // namespace
}  // namespace stationary
