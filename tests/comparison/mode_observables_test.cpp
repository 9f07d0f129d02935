#include "host/comparison/mode_observables.h"

#include "tests/support/synthetic_estimate.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <cmath>

namespace stationary {
namespace {

using namespace synthetic;

/// Every observable with its weight matrix.
std::vector<ObservedDeviation> by_weights(const LossModel& model, const Matrix& limit, const Estimate& estimate,
                                          const Matrix& exact, double quantile) {
    std::vector<ObservedDeviation> observed;
    for (const CovarianceObservable& observable : covariance_observables(model, limit)) {
        const Deviation measured = observable.deviation(estimate);
        observed.push_back({observable.kind, observable.i, observable.j, measured, quantile * measured.standard_error,
                            observable.deviation(exact)});
    }
    return observed;
}

TEST(ModeObservables, AreThoseOfTheWeights) {
    const LossModel model = quadratic(6, 41);
    Matrix limit = quadratic(6, 42).hessian;
    const Matrix exact = 1.1 * limit;
    limit(0, 3) += 0.01;
    limit(3, 0) += 0.01;
    const Estimate estimate = exact_estimate(1.03 * limit + 0.1 * model.hessian, 0.01);
    const auto expected = by_weights(model, limit, estimate, exact, 4.0);
    const auto found = ModeObservables(model, limit).observe(estimate, &exact, 4.0);
    for (const Observable kind :
         {Observable::diagonal, Observable::loss, Observable::off_diagonal, Observable::off_diagonal_ratio}) {
        const ObservedDeviation* wanted = worst_of(expected, kind);
        const ObservedDeviation* got = worst_of(found, kind);
        ASSERT_NE(wanted, nullptr);
        ASSERT_NE(got, nullptr);
        EXPECT_EQ(got->i, wanted->i);
        EXPECT_EQ(got->j, wanted->j);
        EXPECT_NEAR(got->measured.value, wanted->measured.value, 1e-11);
        EXPECT_NEAR(got->measured.standard_error, wanted->measured.standard_error,
                    1e-6 * wanted->measured.standard_error);
        EXPECT_NEAR(got->predicted, wanted->predicted, 1e-11);
    }
    // At most four of each kind are kept, and among them what decides a verdict.
    EXPECT_LE(found.size(), 16u);
    double farthest = 0.0;
    double predicted = 0.0;
    for (const auto& d : expected) {
        farthest = std::max(farthest, std::abs(d.measured.value) + d.half_width);
        predicted = std::max(predicted, std::abs(d.predicted));
    }
    double kept = 0.0;
    double kept_predicted = 0.0;
    for (const auto& d : found) {
        kept = std::max(kept, std::abs(d.measured.value) + d.half_width);
        kept_predicted = std::max(kept_predicted, std::abs(d.predicted));
    }
    EXPECT_NEAR(kept, farthest, 1e-6 * farthest);
    EXPECT_NEAR(kept_predicted, predicted, 1e-9);
}

TEST(ModeObservables, OfADiagonalHessianInManyParametersStandInItsCoordinates) {
    const Eigen::Index d = 64;
    LossModel model = quadratic(d, 43);
    Vector curvature(d);
    for (Eigen::Index i = 0; i < d; ++i) curvature(i) = 1.0 + static_cast<double>(d - i);
    model.hessian = curvature.asDiagonal();
    Matrix limit = Matrix::Identity(d, d);
    Matrix covariance = limit;
    covariance(5, 5) = 1.5;
    covariance(2, 9) = covariance(9, 2) = 0.25;
    const auto found = ModeObservables(model, limit).observe(exact_estimate(covariance, 0.001), nullptr, 4.0);
    // Modes count from the flattest: mode k is coordinate d − 1 − k.
    const ObservedDeviation* diagonal = worst_of(found, Observable::diagonal);
    EXPECT_EQ(diagonal->i, d - 1 - 5);
    EXPECT_NEAR(diagonal->measured.value, 0.5, 1e-9);
    const ObservedDeviation* off_diagonal = worst_of(found, Observable::off_diagonal);
    EXPECT_EQ(off_diagonal->i, d - 1 - 9);
    EXPECT_EQ(off_diagonal->j, d - 1 - 2);
    EXPECT_NEAR(off_diagonal->measured.value, 0.25, 1e-9);
}

TEST(OuterDeviations, KeepWhatIsNotANumber) {
    std::vector<ObservedDeviation> deviations(5);
    for (std::size_t k = 0; k < 5; ++k) {
        deviations[k].measured.value = static_cast<double>(k);
        deviations[k].predicted = 0.0;
    }
    deviations[2].half_width = std::nan("");
    const auto outer = outer_deviations(deviations);
    EXPECT_TRUE(std::any_of(outer.begin(), outer.end(), [](const auto& d) { return std::isnan(d.half_width); }));
    EXPECT_TRUE(std::any_of(outer.begin(), outer.end(), [](const auto& d) { return d.measured.value == 4.0; }));
}

}  // namespace
}  // namespace stationary
