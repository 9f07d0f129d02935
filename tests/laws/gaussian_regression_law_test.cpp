#include "host/laws/gaussian_regression_law.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <random>

#include "host/laws/prediction.h"
#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::Big;
using reference::BigMatrix;
using support::gaussian_regression;
using support::random_hessian;
using support::sgd_cell;

constexpr UpdateRule every_update[] = {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema};

Matrix law(const LossModel& model, const Cell& cell) {
    const std::vector<Prediction> laws = predict(model, cell);
    return !laws.empty() && laws.back().theory == Theory::least_squares ? laws.back().covariance : Matrix();
}

double limit(const LossModel& model, const Cell& cell) {
    return mean_square_stability(model, cell).learning_rate_limit;
}

Cell cell_at(const LossModel& model, Cell cell, double fraction) {
    cell.learning_rate = fraction * limit(model, cell);
    return cell;
}

double isserlis_error(const LossModel& model, const Cell& cell) {
    const BigMatrix a(model.hessian);
    const Big factor = Big(1) / cell.batch_size;
    const BigMatrix zero(a.rows, a.rows);
    const auto state = [&](const BigMatrix& p) { return reference::isserlis_noise(a, factor, p); };
    const BigMatrix exact =
        reference::sgd_covariance(a, cell, combine(zero, factor * Big(model.label_noise_variance), a), state);
    return reference::worst_relative_error(law(model, cell), exact);
}

TEST(GaussianRegressionLaw, MatchesFiftyDigitsForEveryUpdateRule) {
    for (const Eigen::Index d : {1, 2, 3}) {
        const LossModel model = gaussian_regression(random_hessian(d, 30.0, 7), 0.7);
        for (const UpdateRule update : every_update) {
            for (const double momentum : {0.0, 0.5, 0.9, 0.99}) {
                for (const double fraction : {1e-3, 0.4, 0.95}) {
                    const Cell cell = cell_at(model, sgd_cell(update, 0.0, 3, momentum), fraction);
                    EXPECT_LT(isserlis_error(model, cell), 1e-12)
                        << to_string(update) << " mu=" << momentum << " d=" << d << " fraction=" << fraction;
                }
            }
        }
    }
}

TEST(GaussianRegressionLaw, MatchesFiftyDigitsWithDampening) {
    const LossModel model = gaussian_regression(random_hessian(2, 10.0, 17), 0.3);
    for (const UpdateRule update : {UpdateRule::heavy_ball, UpdateRule::nesterov}) {
        for (const double dampening : {-0.5, 0.4, 0.8}) {
            Cell cell = sgd_cell(update, 0.0, 2, 0.9);
            cell.dampening = dampening;
            EXPECT_LT(isserlis_error(model, cell_at(model, cell, 0.6)), 1e-12) << to_string(update) << dampening;
        }
    }
}

/// One mode, by hand: E(1 − ηm)² = 1 − 2x + x²(1 + 2/B) for m the mean of B squares, x = ηh; what a step adds is
/// η²σ²h/B.
TEST(GaussianRegressionLaw, InOneDimensionIsWhatOneDerivesByHand) {
    const double h = 3.0;
    const double variance = 0.4;
    const LossModel model = gaussian_regression(Matrix::Constant(1, 1, h), variance);
    for (const double batch_size : {1.0, 2.0, 7.0}) {
        const Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.15, std::int64_t(batch_size), 0.0);
        const double expected = 0.15 * variance / (batch_size * (2.0 - 0.15 * h * (1.0 + 2.0 / batch_size)));
        EXPECT_NEAR(law(model, cell)(0, 0), expected, 1e-14 * expected);
        EXPECT_NEAR(limit(model, cell), 2.0 / (h * (1.0 + 2.0 / batch_size)), 1e-12);
    }
}

/// Ziyin et al. 2022, theorem 2, in its closed form: with λ = η/(1 − μ) and G = 2I − ((1−μ)/(1+μ) + 1/B) λA,
/// Cov = (λσ²/B) G⁻¹ / (1 − (λ/B) tr(A G⁻¹)).
TEST(GaussianRegressionLaw, IsTheoremTwoOfZiyin) {
    const Matrix a = random_hessian(4, 20.0, 27);
    const LossModel model = gaussian_regression(a, 1.7);
    for (const double momentum : {0.0, 0.6, 0.95}) {
        const Cell cell = cell_at(model, sgd_cell(UpdateRule::heavy_ball, 0.0, 5, momentum), 0.5);
        const double rate = cell.learning_rate / (1.0 - momentum);
        const double share = (1.0 - momentum) / (1.0 + momentum) + 0.2;
        const Matrix inverse = (2.0 * Matrix::Identity(4, 4) - share * rate * a).llt().solve(Matrix::Identity(4, 4));
        const Matrix expected = rate * 1.7 / 5.0 * inverse / (1.0 - rate / 5.0 * (a * inverse).trace());
        EXPECT_LT((law(model, cell) - expected).norm(), 1e-12 * expected.norm());
    }
}

/// A run of the algorithm: the pooled mean of a long chain's δδᵀ, d = 2, μ = 0.5, B = 2. The seed is fixed; with 64
/// stretches of 16000 steps a false alarm beyond 5 standard errors on three entries has probability below 2e-5.
TEST(StatisticalGaussianRegressionLaw, IsWhatTheAlgorithmDoes) {
    const LossModel model = gaussian_regression(Matrix{{1.0, 0.4}, {0.4, 0.5}}, 0.8);
    const Cell cell = cell_at(model, sgd_cell(UpdateRule::heavy_ball, 0.0, 2, 0.5), 0.35);
    const Matrix root = model.hessian.llt().matrixL();
    std::mt19937_64 engine(31);
    std::normal_distribution<double> normal;
    Vector position = Vector::Zero(2);
    Vector velocity = Vector::Zero(2);
    Matrix sum = Matrix::Zero(2, 2);
    Matrix squares = Matrix::Zero(2, 2);
    for (int stretch = -1; stretch < 64; ++stretch) {  // the first is burn-in
        Matrix mean = Matrix::Zero(2, 2);
        for (int step = 0; step < 16000; ++step) {
            Vector gradient = Vector::Zero(2);
            for (int point = 0; point < 2; ++point) {
                const Vector x = root * Vector{{normal(engine), normal(engine)}};
                gradient += 0.5 * x * (x.dot(position) - std::sqrt(0.8) * normal(engine));
            }
            velocity = cell.momentum * velocity + gradient;
            position -= cell.learning_rate * velocity;
            mean += position * position.transpose() / 16000.0;
        }
        if (stretch >= 0) {
            sum += mean / 64.0;
            squares += mean.cwiseAbs2() / 64.0;
        }
    }
    const Matrix error = ((squares - sum.cwiseAbs2()) / 63.0).cwiseSqrt();
    const Matrix exact = law(model, cell);
    EXPECT_LT(((sum - exact).array() / error.array()).abs().maxCoeff(), 5.0);
    EXPECT_LT((error.array() / exact.array()).abs().maxCoeff(), 0.04);
}

TEST(GaussianRegressionLaw, HasItsPlaceAmongTheLaws) {
    const LossModel model = gaussian_regression(random_hessian(3, 5.0, 37), 1.0);
    const std::vector<Prediction> laws = predict(model, cell_at(model, sgd_cell(every_update[1], 0.0, 2, 0.5), 0.5));
    ASSERT_EQ(laws.size(), 3U);
    EXPECT_EQ(laws[0].theory, Theory::sde);
    EXPECT_EQ(laws[1].theory, Theory::discrete);
    EXPECT_EQ(laws[2].theory, Theory::least_squares);
    for (const Prediction& each : laws) {
        EXPECT_EQ(each.exact, each.theory == Theory::least_squares);
        EXPECT_EQ(each.mean, model.minimizer);
    }
    EXPECT_GT(laws[2].covariance.trace(), 1.05 * laws[1].covariance.trace());
    const LossModel constant = support::quadratic(model.hessian, model.gradient_noise_covariance);
    const Cell langevin = support::langevin_cell(0.1, 2, 0.5);
    ASSERT_EQ(predict(model, langevin).size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(predict(model, langevin)[i].covariance, predict(constant, langevin)[i].covariance);
    }
    EXPECT_EQ(limit(model, langevin), limit(constant, langevin));
}

TEST(GaussianRegressionLaw, WithoutLabelNoiseHasNoSpread) {
    const LossModel model = gaussian_regression(random_hessian(2, 5.0, 47), 0.0);
    EXPECT_EQ(law(model, sgd_cell(UpdateRule::nesterov, 0.05, 1, 0.5)), Matrix::Zero(2, 2));
}

/// A finite data set of many Gaussian points behaves as the stream does.
TEST(GaussianRegressionLaw, IsTheLimitOfManyTrainingPoints) {
    const Eigen::Index points = 200000;
    const Matrix features = support::normal_matrix(points, 2, 57) * Matrix{{1.0, 0.3}, {0.0, 0.6}};
    const Vector target = features.rowwise().sum() + support::normal_matrix(points, 1, 58);
    const LossModel finite = support::least_squares(features, target, 0.0);
    const LossModel stream = gaussian_regression(finite.hessian, 1.0);
    const Cell cell = cell_at(stream, sgd_cell(UpdateRule::nesterov, 0.0, 2, 0.8), 0.5);
    const Matrix expected = law(finite, cell);
    EXPECT_LT((law(stream, cell) - expected).norm(), 0.03 * expected.norm());
}

/// Radius of Z ← M Z Mᵀ + b c_B T(P) bᵀ on all (2d)² entries.
double moment_radius(const LossModel& model, const Cell& cell) {
    const BigMatrix a(model.hessian);
    const reference::LinearStep step = reference::linear_step(a, cell);
    const std::size_t size = step.transition.rows;
    Matrix map(Eigen::Index(size * size), Eigen::Index(size * size));
    for (std::size_t column = 0; column < size * size; ++column) {
        BigMatrix unit(size, size);
        unit.entries[column] = 1;
        const BigMatrix noise = reference::isserlis_noise(a, Big(1) / cell.batch_size, position_block(unit));
        const BigMatrix image = combine(step.transition * unit * transposed(step.transition), 1,
                                        step.noise_gain * noise * transposed(step.noise_gain));
        for (std::size_t row = 0; row < size * size; ++row) {
            map(Eigen::Index(row), Eigen::Index(column)) = static_cast<double>(image.entries[row]);
        }
    }
    return Eigen::EigenSolver<Matrix>(map, false).eigenvalues().cwiseAbs().maxCoeff();
}

Cell with_learning_rate(Cell cell, double learning_rate) {
    cell.learning_rate = learning_rate;
    return cell;
}

TEST(GaussianRegressionStability, IsWhereTheWholeMomentMapReachesOne) {
    for (const Eigen::Index d : {1, 2, 3}) {
        const LossModel model = gaussian_regression(random_hessian(d, 6.0, 67), 0.5);
        for (const UpdateRule update : every_update) {
            for (const double momentum : {0.0, 0.5, 0.95}) {
                const Cell cell = sgd_cell(update, 0.0, 2, momentum);
                const double eta = limit(model, cell);
                for (const double fraction : {0.02, 0.3, 0.6, 0.9, 1 - 1e-7}) {
                    EXPECT_LT(moment_radius(model, with_learning_rate(cell, eta * fraction)), 1.0);
                }
                for (const double fraction : {1 + 1e-7, 1.1, 1.5, 3.0}) {
                    EXPECT_GT(moment_radius(model, with_learning_rate(cell, eta * fraction)), 1.0);
                }
                EXPECT_FALSE(law(model, with_learning_rate(cell, eta * (1 - 1e-10))).size() == 0);
                EXPECT_TRUE(law(model, with_learning_rate(cell, eta * (1 + 1e-10))).size() == 0);
            }
        }
    }
}

TEST(GaussianRegressionStability, DoesNotClaimTheFourthMoment) {
    const LossModel model = gaussian_regression(random_hessian(2, 6.0, 77), 0.5);
    const Stability stability = mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, 0.01, 1, 0.0));
    EXPECT_TRUE(stability.stable);
    EXPECT_TRUE(std::isnan(stability.fourth_moment_limit));
}

}  // namespace
}  // namespace stationary
