#include "host/comparison/covariance_observable.h"

#include "tests/support/support_models.h"
#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

/// H = diag(1, 3), so that its eigenbasis is the coordinates; the limit is not diagonal there.
const Matrix limit = (Matrix(2, 2) << 4.0, 0.6, 0.6, 1.0).finished();
LossModel two_modes() { return support::quadratic(Vector{{1.0, 3.0}}.asDiagonal(), Matrix::Identity(2, 2)); }

const CovarianceObservable& find(const std::vector<CovarianceObservable>& list, Observable kind, Eigen::Index i) {
    return *std::find_if(list.begin(), list.end(),
                         [&](const CovarianceObservable& o) { return o.kind == kind && o.i == i; });
}

TEST(CovarianceObservable, AreEachRelativeToTheLimitInTheirOwnScale) {
    const auto list = covariance_observables(two_modes(), limit);
    ASSERT_EQ(list.size(), 5u);
    Matrix covariance = limit;
    covariance(0, 0) += 0.4;
    covariance(0, 1) += 0.2;
    covariance(1, 0) += 0.2;
    EXPECT_NEAR(find(list, Observable::diagonal, 0).deviation(covariance), 0.1, 1e-14);
    EXPECT_NEAR(find(list, Observable::diagonal, 1).deviation(covariance), 0.0, 1e-14);
    EXPECT_NEAR(find(list, Observable::loss, -1).deviation(covariance), 0.4 / 7.0, 1e-14);
    EXPECT_NEAR(find(list, Observable::off_diagonal, 0).deviation(covariance), 0.2 / 2.0, 1e-14);
    EXPECT_NEAR(find(list, Observable::off_diagonal_ratio, 0).deviation(covariance), 0.2 / 0.6, 1e-14);
}

TEST(CovarianceObservable, TakeTheirErrorFromTheShards) {
    const Estimate estimate = synthetic::exact_estimate(limit, 0.01);
    const auto list = covariance_observables(two_modes(), limit);
    EXPECT_NEAR(find(list, Observable::diagonal, 0).deviation(estimate).standard_error, 0.01 / 4.0, 1e-9);
    EXPECT_NEAR(find(list, Observable::loss, -1).deviation(estimate).standard_error, 0.04 / 7.0, 1e-9);
    EXPECT_NEAR(find(list, Observable::off_diagonal, 0).deviation(estimate).standard_error, 0.01 / 2.0, 1e-9);
    EXPECT_NEAR(find(list, Observable::off_diagonal, 0).deviation(estimate).value, 0.0, 1e-12);
}

TEST(CovarianceObservable, StandInTheEigenbasisOfTheCurvature) {
    // The same in rotated coordinates; H and the limit turn together.
    const double angle = 0.7;
    Matrix turn(2, 2);
    turn << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);
    LossModel model = two_modes();
    model.hessian = support::symmetrised(turn * model.hessian * turn.transpose());
    Matrix covariance = limit;
    covariance(0, 1) = covariance(1, 0) = 0.0;
    const auto list = covariance_observables(model, turn * limit * turn.transpose());
    const Matrix turned = turn * covariance * turn.transpose();
    EXPECT_NEAR(find(list, Observable::diagonal, 0).deviation(turned), 0.0, 1e-13);
    EXPECT_NEAR(find(list, Observable::loss, -1).deviation(turned), 0.0, 1e-13);
    EXPECT_NEAR(find(list, Observable::off_diagonal_ratio, 0).deviation(turned), -1.0, 1e-13);
}

TEST(CovarianceObservable, LeaveOutWhatHasNoScale) {
    Matrix rank_one = Matrix::Zero(2, 2);
    rank_one(0, 0) = 1.0;
    const auto singular = covariance_observables(two_modes(), rank_one);
    ASSERT_EQ(singular.size(), 2u);
    EXPECT_EQ(singular[0].kind, Observable::diagonal);
    EXPECT_EQ(singular[1].kind, Observable::loss);
    const auto commuting = covariance_observables(two_modes(), Vector{{4.0, 1.0}}.asDiagonal());
    EXPECT_EQ(commuting.size(), 4u);  // no ratio to an entry that is zero
    EXPECT_TRUE(covariance_observables(two_modes(), Matrix::Zero(2, 2)).empty());
    EXPECT_TRUE(covariance_observables(two_modes(), Matrix::Constant(2, 2, std::nan(""))).empty());
}

TEST(CovarianceObservable, WorstRatioIsTheOneThatIsShownNotTheNoisiest) {
    std::vector<ObservedDeviation> deviations(2);
    deviations[0].measured.value = 0.3;
    deviations[0].half_width = 0.9;
    deviations[1].measured.value = -0.2;
    deviations[1].half_width = 0.05;
    EXPECT_EQ(worst_of(deviations, Observable::loss), &deviations[0]);
    for (ObservedDeviation& deviation : deviations) deviation.kind = Observable::off_diagonal_ratio;
    EXPECT_EQ(worst_of(deviations, Observable::off_diagonal_ratio), &deviations[1]);
    EXPECT_EQ(worst_of(deviations, Observable::loss), nullptr);
}

}  // namespace
}  // namespace stationary
