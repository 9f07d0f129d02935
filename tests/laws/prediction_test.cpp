#include "host/laws/prediction.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::Big;
using reference::BigMatrix;
using support::langevin_cell;
using support::quadratic;
using support::random_covariance;
using support::random_hessian;
using support::scaled_cell;
using support::sgd_cell;

constexpr double reference_tolerance = 1e-12;
constexpr UpdateRule every_update[] = {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema};

const Prediction* find(const std::vector<Prediction>& laws, Theory theory) {
    for (const Prediction& law : laws) {
        if (law.theory == theory) {
            return &law;
        }
    }
    return nullptr;
}

Matrix covariance(const LossModel& model, const Cell& cell, Theory theory) {
    const std::vector<Prediction> laws = predict(model, cell);
    const Prediction* law = find(laws, theory);
    return law == nullptr ? Matrix() : law->covariance;
}

BigMatrix noise(const LossModel& model, const Big& factor) {
    const BigMatrix covariance(model.gradient_noise_covariance);
    return combine(BigMatrix(covariance.rows, covariance.rows), factor, covariance);
}

/// A cell at the given fraction of its stability limit.
Cell cell_at(const LossModel& model, Cell cell, double fraction) {
    cell.learning_rate = fraction * mean_square_stability(model, cell).learning_rate_limit;
    return cell;
}

double discrete_error(const LossModel& model, const Cell& cell) {
    const BigMatrix exact =
        reference::sgd_covariance(BigMatrix(model.hessian), cell, noise(model, Big(1) / cell.batch_size), nullptr);
    return reference::worst_relative_error(covariance(model, cell, Theory::discrete), exact);
}

/// HC + CH − Δt HCH = strength·Σ by its Kronecker system.
BigMatrix langevin_reference(const LossModel& model, const Big& strength, const Big& time_step) {
    const BigMatrix hessian(model.hessian);
    const auto map = [&](const BigMatrix& c) {
        BigMatrix rest = combine(c, -1, hessian * c);
        rest = combine(rest, -1, c * hessian);
        return combine(rest, time_step, hessian * c * hessian);
    };
    return reference::fixed_point(map, noise(model, strength));
}

TEST(DiscreteLaw, MatchesKroneckerSolveForEveryUpdateRule) {
    for (const UpdateRule update : every_update) {
        for (const double momentum : {0.0, 0.5, 0.9, 0.99}) {
            for (const Eigen::Index d : {1, 2, 3, 4}) {
                const LossModel model = quadratic(random_hessian(d, 1e3, 7), random_covariance(d, d, 8));
                for (const double fraction : {1e-3, 0.4, 0.99}) {
                    const Cell cell = cell_at(model, sgd_cell(update, 0.0, 8, momentum), fraction);
                    EXPECT_LT(discrete_error(model, cell), reference_tolerance)
                        << to_string(update) << " mu=" << momentum << " d=" << d << " fraction=" << fraction;
                }
            }
        }
    }
}

TEST(DiscreteLaw, MatchesKroneckerSolveInEightDimensions) {
    const LossModel model = quadratic(random_hessian(8, 1e3, 17), random_covariance(8, 8, 18));
    const Cell cell = cell_at(model, sgd_cell(UpdateRule::heavy_ball, 0.0, 1000000, 0.99), 0.3);
    EXPECT_LT(discrete_error(model, cell), reference_tolerance);
}

TEST(DiscreteLaw, MatchesKroneckerSolveWithDampening) {
    const LossModel model = quadratic(random_hessian(3, 1e2, 27), random_covariance(3, 3, 28));
    for (const UpdateRule update : {UpdateRule::heavy_ball, UpdateRule::nesterov}) {
        for (const double dampening : {-0.5, 0.3, 0.8}) {
            Cell cell = sgd_cell(update, 0.0, 4, 0.9);
            cell.dampening = dampening;
            cell = cell_at(model, cell, 0.6);
            EXPECT_LT(discrete_error(model, cell), reference_tolerance) << to_string(update) << " tau=" << dampening;
        }
    }
}

TEST(DiscreteLaw, IsExactAndCommutingOrRankDeficientNoiseIsLegal) {
    const Matrix hessian = random_hessian(3, 50.0, 37);
    const Vector direction = support::normal_matrix(3, 1, 38);
    for (const Matrix& noise_covariance : {hessian, Matrix(direction * direction.transpose())}) {
        const LossModel model = quadratic(hessian, noise_covariance);
        const Cell cell = cell_at(model, sgd_cell(UpdateRule::nesterov, 0.0, 2, 0.9), 0.5);
        EXPECT_LT(discrete_error(model, cell), 1e-11);
        const std::vector<Prediction> laws = predict(model, cell);
        ASSERT_EQ(laws.size(), 2U);
        EXPECT_FALSE(laws[0].exact);
        EXPECT_TRUE(laws[1].exact);
        EXPECT_EQ(laws[1].mean, model.minimizer);
        EXPECT_EQ(laws[1].covariance, laws[1].covariance.transpose());
    }
}

TEST(LangevinLaw, MatchesKroneckerSolve) {
    for (const Eigen::Index d : {1, 3, 6}) {
        const LossModel model = quadratic(random_hessian(d, 1e3, 47), random_covariance(d, d, 48));
        const Cell cell = langevin_cell(1.3e-3, 16, 0.7);
        const Big strength = Big(cell.learning_rate) / 16;
        const Matrix sde = covariance(model, cell, Theory::sde);
        EXPECT_LT(reference::worst_relative_error(sde, langevin_reference(model, strength, 0)), reference_tolerance);
        const BigMatrix exact = langevin_reference(model, strength, Big(0.7) * cell.learning_rate);
        const Matrix discrete = covariance(model, cell, Theory::langevin_discrete);
        EXPECT_LT(reference::worst_relative_error(discrete, exact), reference_tolerance);
    }
}

TEST(LangevinLaw, AtUnitTimeStepIsPlainSgd) {
    const LossModel model = quadratic(random_hessian(3, 10.0, 57), random_covariance(3, 3, 58));
    const Matrix langevin = covariance(model, langevin_cell(0.15, 4, 1.0), Theory::langevin_discrete);
    const Matrix sgd = covariance(model, sgd_cell(UpdateRule::heavy_ball, 0.15, 4, 0.0), Theory::discrete);
    EXPECT_LT((langevin - sgd).norm(), 1e-14 * sgd.norm());
}

/// The limit η → 0 of the 50-digit exact law, so that each update rule's factor is measured and not assumed.
TEST(SdeLaw, IsTheSmallLearningRateLimitOfEveryUpdateRule) {
    const LossModel model = quadratic(random_hessian(2, 10.0, 67), random_covariance(2, 2, 68));
    for (const UpdateRule update : every_update) {
        for (const double dampening : {0.0, 0.4}) {
            Cell cell = sgd_cell(update, 1e-9, 4, 0.9);
            cell.dampening = update == UpdateRule::ema ? 0.9 : dampening;
            const BigMatrix exact =
                reference::sgd_covariance(BigMatrix(model.hessian), cell, noise(model, Big(0.25)), nullptr);
            const Matrix sde = covariance(model, cell, Theory::sde);
            EXPECT_LT(reference::worst_relative_error(sde, exact), 1e-6) << to_string(update) << dampening;
        }
    }
}

TEST(SdeLaw, DependsOnEtaZeroAlone) {
    const LossModel model = quadratic(random_hessian(3, 10.0, 77), random_covariance(3, 3, 78));
    const Matrix limit = covariance(model, langevin_cell(0.01, 1, 1.0), Theory::sde);
    for (const UpdateRule update : every_update) {
        const Matrix other = covariance(model, scaled_cell(update, 0.01, 16, 0.9), Theory::sde);
        EXPECT_LT((other - limit).norm(), 1e-14 * limit.norm());
    }
}

TEST(Laws, WithoutStationaryLawAreLeftOut) {
    const LossModel model = quadratic(Matrix::Constant(1, 1, 2.0), Matrix::Constant(1, 1, 1.0));
    EXPECT_EQ(predict(model, langevin_cell(0.99, 1, 1.0)).size(), 2U);
    EXPECT_EQ(predict(model, langevin_cell(1.0, 1, 1.0)).size(), 1U);
    EXPECT_EQ(predict(model, sgd_cell(UpdateRule::heavy_ball, 1.89, 1, 0.9)).size(), 2U);
    EXPECT_EQ(predict(model, sgd_cell(UpdateRule::heavy_ball, 1.9, 1, 0.9)).size(), 1U);
    Cell dead = sgd_cell(UpdateRule::heavy_ball, 0.1, 1, 0.9);
    dead.dampening = 1.0;
    EXPECT_TRUE(predict(model, dead).empty());
}

TEST(Laws, HaveTheNamesOfTheInterface) {
    EXPECT_EQ(to_string(Theory::sde), "sde");
    EXPECT_EQ(to_string(Theory::langevin_discrete), "langevin_discrete");
    EXPECT_EQ(to_string(Theory::discrete), "discrete");
    EXPECT_EQ(to_string(Theory::least_squares), "least_squares");
}

// Closed forms of docs/theory.md, section 4, with η0, k = η0h and Σ¹ there.

TEST(ClosedForm, HeavyBallPairOfModes) {
    const Vector h{{2.0, 0.3}};
    Matrix noise_covariance{{1.0, 0.7}, {0.7, 2.0}};
    const LossModel model = quadratic(h.asDiagonal(), noise_covariance);
    const double eta = 0.2;
    const double dampening = 0.25;
    for (const double mu : {0.0, 0.5, 0.95}) {
        Cell cell = sgd_cell(UpdateRule::heavy_ball, eta, 4, mu);
        cell.dampening = dampening;
        const Matrix law = covariance(model, cell, Theory::discrete);
        const double rate = eta * (1.0 - dampening);
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 2; ++j) {
                const double x = rate * h(i);
                const double y = rate * h(j);
                const double denominator = (1 - mu) * (1 - mu) * ((1 + mu) * (x + y) - x * y) + mu * (x - y) * (x - y);
                const double expected = rate * rate * noise_covariance(i, j) / 4 * (1 - mu * mu) / denominator;
                EXPECT_NEAR(law(i, j), expected, 1e-13 * expected);
            }
        }
    }
}

TEST(ClosedForm, NesterovSingleMode) {
    const LossModel model = quadratic(Matrix::Constant(1, 1, 1.0), Matrix::Constant(1, 1, 3.0));
    for (const double mu : {0.0, 0.5, 0.9, 0.99}) {
        const double x = 0.3;
        const double law = covariance(model, sgd_cell(UpdateRule::nesterov, x, 2, mu), Theory::discrete)(0, 0);
        const double expected = x * x * 1.5 * (1 + mu + mu * (1 + 2 * mu) * x) /
                                (x * (1 - mu + mu * x) * (2 * (1 + mu) - (1 + 2 * mu) * x));
        EXPECT_NEAR(law, expected, 1e-13 * expected);
    }
}

TEST(ClosedForm, EmaIsHeavyBallWithSmallerLearningRate) {
    const LossModel model = quadratic(random_hessian(3, 10.0, 87), random_covariance(3, 3, 88));
    const Matrix ema = covariance(model, sgd_cell(UpdateRule::ema, 0.5, 3, 0.9), Theory::discrete);
    const Matrix heavy = covariance(model, sgd_cell(UpdateRule::heavy_ball, 0.5 * 0.1, 3, 0.9), Theory::discrete);
    EXPECT_LT((ema - heavy).norm(), 1e-13 * heavy.norm());
}

double ratio_to_sde(const LossModel& model, const Cell& cell, Eigen::Index i, Eigen::Index j) {
    return covariance(model, cell, Theory::discrete)(i, j) / covariance(model, cell, Theory::sde)(i, j);
}

TEST(PrintedNumbers, EffectiveBatchFixesTheDiagonalAndMomentumBreaksTheRest) {
    const double eta0 = 0.1;
    const Vector h{{1.0, 0.1}};
    const LossModel model = quadratic(h.asDiagonal(), Matrix{{1.0, 0.5}, {0.5, 1.0}});
    const struct {
        std::int64_t batch_size;
        double momentum;
        double off_diagonal;
        double digits;
    } rows[] = {{1, 0.0, 1.009, 5e-4}, {3, 0.5, 0.879, 5e-4}, {19, 0.9, 0.131, 5e-4}, {199, 0.99, 0.0014, 5e-5}};
    for (const auto& row : rows) {
        const Cell cell = scaled_cell(UpdateRule::heavy_ball, eta0, row.batch_size, row.momentum);
        EXPECT_NEAR(ratio_to_sde(model, cell, 0, 0), 1.0 / (1.0 - 0.05), 1e-12);
        EXPECT_NEAR(ratio_to_sde(model, cell, 0, 1), row.off_diagonal, row.digits);
    }
    EXPECT_NEAR(ratio_to_sde(model, scaled_cell(UpdateRule::heavy_ball, eta0, 8, 0.0), 0, 0), 1.667, 5e-4);
}

TEST(PrintedNumbers, NesterovIsColderThanTheRule) {
    const LossModel model = quadratic(Matrix::Constant(1, 1, 1.0), Matrix::Constant(1, 1, 1.0));
    EXPECT_NEAR(ratio_to_sde(model, scaled_cell(UpdateRule::nesterov, 0.05, 19, 0.9), 0, 0), 0.65, 5e-3);
    EXPECT_NEAR(ratio_to_sde(model, scaled_cell(UpdateRule::nesterov, 0.05, 64, 0.99), 0, 0), 0.26, 5e-3);
    const double nearly_one = 1.0 - 1e-9;
    EXPECT_NEAR(ratio_to_sde(model, scaled_cell(UpdateRule::nesterov, 0.05, 64, nearly_one), 0, 0), 1.0 / 4.2, 1e-7);
}

TEST(NoiseFactor, FollowsTheSampling) {
    LossModel model = support::random_least_squares(10, 2, 0.0, 1.0, 97);
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.1, 4, 0.0);
    EXPECT_DOUBLE_EQ(minibatch_noise_factor(model, cell), 0.25);
    for (const Sampling sampling : {Sampling::without_replacement, Sampling::reshuffle}) {
        cell.sampling = sampling;
        cell.batch_size = 4;
        EXPECT_DOUBLE_EQ(minibatch_noise_factor(model, cell), 6.0 / 36.0);
        cell.batch_size = 10;
        EXPECT_EQ(minibatch_noise_factor(model, cell), 0.0);
        cell.batch_size = 11;
        EXPECT_THROW(minibatch_noise_factor(model, cell), std::invalid_argument);
        EXPECT_DOUBLE_EQ(minibatch_noise_factor(quadratic(model.hessian, model.hessian), cell), 1.0 / 11.0);
    }
}

// Feature vectors that differ only in sign give every training point the same curvature: the law of the quadratic model
// with the same residuals is exact, for every sampling, reshuffling included.
TEST(Prediction, LeastSquaresWithEqualCurvaturesHasTheExactLawOfAFiniteQuadratic) {
    Matrix features(6, 1);
    features << 1.5, -1.5, 1.5, 1.5, -1.5, -1.5;
    Vector target(6);
    target << 0.3, -1.0, 2.0, 0.4, 0.0, 1.1;
    const LossModel model = support::least_squares(features, target, 0.1);
    Matrix residuals(6, 1);
    for (Eigen::Index i = 0; i < 6; ++i) {
        residuals(i, 0) = features(i, 0) * model.residuals(i) + model.ridge * model.minimizer(0);
    }
    const LossModel twin = support::finite_quadratic(model.hessian, residuals);
    for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement, Sampling::reshuffle}) {
        Cell cell = support::sgd_cell(UpdateRule::heavy_ball, 0.2, 2, 0.6);
        cell.sampling = sampling;
        cell.epoch_position = sampling == Sampling::reshuffle ? 1 : 0;
        const std::vector<Prediction> laws = predict(model, cell);
        ASSERT_EQ(laws.size(), 3U);
        for (const std::size_t exact : {1U, 2U}) {
            EXPECT_TRUE(laws[exact].exact);
            EXPECT_NEAR(laws[exact].covariance(0, 0) / predict(twin, cell).back().covariance(0, 0), 1.0, 1e-12);
        }
    }
    EXPECT_FALSE(predict(support::random_least_squares(6, 2, 0.3, 4.0, 107),
                         support::sgd_cell(UpdateRule::heavy_ball, 0.01, 2, 0.0))[1]
                     .exact);
}

}  // namespace
}  // namespace stationary
