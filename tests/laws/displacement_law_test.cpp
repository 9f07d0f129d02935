#include "host/laws/displacement_law.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::Big;

constexpr double momenta[] = {0.0, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0 - 1e-9};
constexpr std::int64_t lengths[] = {1, 2, 3, 5, 10, 50, 200, 999, 4096, 1'000'000};

double unit_variance(double momentum, std::int64_t steps) {
    return displacement_covariance(Matrix::Identity(1, 1), 1.0, momentum, steps)(0, 0);
}

TEST(DisplacementLaw, IsTheFormulaOfTheTheoryInFiftyDigits) {
    for (const double momentum : momenta) {
        for (const std::int64_t steps : lengths) {
            const Big mu = momentum;
            const Big rest = 1 - mu;
            const Big exact =
                steps / (rest * rest) - 2 * mu * (1 - pow(mu, Big(steps))) / (rest * rest * rest * (1 + mu));
            const double expected = static_cast<double>(exact);
            EXPECT_NEAR(unit_variance(momentum, steps), expected, 4e-16 * expected) << momentum << " " << steps;
        }
    }
}

/// Every gradient's own weight in the displacement: one drawn at step t ≤ T weighs 1 + μ + … + μ^{T−t}, one drawn
/// k ≥ 0 steps before the window μ^{k+1}(1 + … + μ^{T−1}). Squared and summed, most distant gradient first.
long double sum_of_squared_weights(double momentum, std::int64_t steps) {
    const long double mu = momentum;
    long double inside = 0.0L;
    long double weight = 0.0L;
    for (std::int64_t t = 0; t < steps; ++t) {
        weight = 1.0L + mu * weight;
        inside += weight * weight;
    }
    long double before = 0.0L;
    for (auto k = static_cast<std::int64_t>(60.0 / (1.0 - momentum)); k >= 1; --k) {
        const long double past = std::pow(mu, static_cast<long double>(k)) * weight;
        before += past * past;
    }
    return inside + before;
}

TEST(DisplacementLaw, IsTheSumOfSquaredWeights) {
    for (const double momentum : {0.0, 0.3, 0.9, 0.99, 0.999}) {
        for (const std::int64_t steps : lengths) {
            const auto expected = static_cast<double>(sum_of_squared_weights(momentum, steps));
            EXPECT_NEAR(unit_variance(momentum, steps), expected, 1e-14 * expected) << momentum << " " << steps;
        }
    }
}

TEST(DisplacementLaw, ScalesWithTheNoiseAndTheLearningRate) {
    const Matrix noise = support::random_covariance(3, 2, 7);
    const Matrix expected = 0.04 * unit_variance(0.9, 17) * noise;
    EXPECT_LT((displacement_covariance(noise, 0.2, 0.9, 17) - expected).norm(), 1e-15 * expected.norm());
    const Matrix limit = 0.04 * 17.0 * 100.0 * noise;
    EXPECT_LT((total_influence_limit(noise, 0.2, 0.9, 17) - limit).norm(), 1e-14 * limit.norm());
}

/// Σα² at one step, (Σα)² per step in the long run, α_k = ημ^k/B and Σ^B = Σ_g/B.
TEST(DisplacementLaw, GoesFromSquaredWeightsToTheSquaredTotalInfluence) {
    const double eta0 = 0.02;
    const Matrix point_noise = support::random_covariance(2, 2, 17);
    for (const double batch_size : {1.0, 8.0}) {
        for (const double momentum : {0.0, 0.5, 0.9}) {
            const double eta = (1.0 - momentum) * batch_size * eta0;
            const Matrix batch_noise = point_noise / batch_size;
            double sum = 0.0;
            double squares = 0.0;
            for (double weight = eta / batch_size; weight > 1e-20 * eta; weight *= momentum) {
                sum += weight;
                squares += weight * weight;
            }
            EXPECT_NEAR(sum, eta0, 1e-14);
            const Matrix once = batch_size * squares * point_noise;
            EXPECT_LT((displacement_covariance(batch_noise, eta, momentum, 1) - once).norm(), 1e-14 * once.norm());
            const Matrix limit = 1e7 * batch_size * sum * sum * point_noise;
            EXPECT_LT((total_influence_limit(batch_noise, eta, momentum, 10'000'000) - limit).norm(),
                      1e-13 * limit.norm());
            EXPECT_LT((displacement_covariance(batch_noise, eta, momentum, 10'000'000) - limit).norm(),
                      2e-6 * limit.norm());
        }
    }
}

TEST(DisplacementLaw, RefusesWhatHasNoStationaryVelocity) {
    const Matrix noise = Matrix::Identity(1, 1);
    EXPECT_THROW(displacement_covariance(noise, 0.1, 1.0, 5), std::invalid_argument);
    EXPECT_THROW(displacement_covariance(noise, 0.1, -0.1, 5), std::invalid_argument);
    EXPECT_THROW(displacement_covariance(noise, 0.1, std::nan(""), 5), std::invalid_argument);
    EXPECT_THROW(displacement_covariance(noise, 0.1, 0.5, 0), std::invalid_argument);
    EXPECT_THROW(total_influence_limit(noise, 0.1, 1.0, 5), std::invalid_argument);
    EXPECT_THROW(total_influence_limit(noise, 0.1, 0.5, 0), std::invalid_argument);
}

}  // namespace
}  // namespace stationary
