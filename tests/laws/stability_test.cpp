#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "host/laws/prediction.h"
#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::BigMatrix;
using support::langevin_cell;
using support::quadratic;
using support::random_covariance;
using support::random_hessian;
using support::random_least_squares;
using support::sgd_cell;

constexpr UpdateRule every_update[] = {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema};

double limit(const LossModel& model, const Cell& cell) {
    return mean_square_stability(model, cell).learning_rate_limit;
}

Cell with_learning_rate(Cell cell, double learning_rate) {
    cell.learning_rate = learning_rate;
    return cell;
}

double spectral_radius(const Matrix& a) {
    return Eigen::EigenSolver<Matrix>(a, false).eigenvalues().cwiseAbs().maxCoeff();
}

Matrix to_double(const BigMatrix& a) {
    Matrix result(Eigen::Index(a.rows), Eigen::Index(a.columns));
    for (std::size_t i = 0; i < a.rows; ++i) {
        for (std::size_t j = 0; j < a.columns; ++j) {
            result(Eigen::Index(i), Eigen::Index(j)) = static_cast<double>(a(i, j));
        }
    }
    return result;
}

/// Radius of E z ← M E z, M from PyTorch's update rule.
double mean_radius(const LossModel& model, const Cell& cell) {
    return spectral_radius(to_double(reference::linear_step(BigMatrix(model.hessian), cell).transition));
}

/// Radius of the whole (2d)² map Z ← M Z Mᵀ + b c_B T(P) bᵀ.
double moment_radius(const LossModel& model, const Cell& cell, double noise_factor) {
    const reference::LinearStep step = reference::linear_step(BigMatrix(model.hessian), cell);
    const Matrix transition = to_double(step.transition);
    const Matrix gain = to_double(step.noise_gain);
    const Eigen::Index d = model.dimension();
    Matrix map(4 * d * d, 4 * d * d);
    for (Eigen::Index column = 0; column < map.cols(); ++column) {
        Matrix unit = Matrix::Zero(2 * d, 2 * d);
        unit(column % (2 * d), column / (2 * d)) = 1.0;
        const Matrix p = unit.topLeftCorner(d, d);
        const Matrix noise = to_double(reference::minibatch_noise(model, noise_factor, BigMatrix(p)));
        const Matrix image = transition * unit * transition.transpose() + gain * noise * gain.transpose();
        map.col(column) = image.reshaped();
    }
    return spectral_radius(map);
}

TEST(MeanStability, IsWhereTheSpectralRadiusReachesOne) {
    const LossModel model = quadratic(random_hessian(3, 20.0, 7), random_covariance(3, 3, 8));
    for (const UpdateRule update : every_update) {
        for (const double momentum : {0.0, 0.3, 0.9, 0.99}) {
            for (const double dampening : {-1.0, 0.0, 0.6}) {
                Cell cell = sgd_cell(update, 0.0, 4, momentum);
                cell.dampening = update == UpdateRule::ema ? momentum : dampening;
                const double eta = limit(model, cell);
                EXPECT_LT(mean_radius(model, with_learning_rate(cell, eta * (1 - 1e-6))), 1.0);
                EXPECT_GT(mean_radius(model, with_learning_rate(cell, eta * (1 + 1e-6))), 1.0);
                EXPECT_LT(mean_radius(model, with_learning_rate(cell, eta * 0.01)), 1.0);
            }
        }
    }
}

TEST(MeanStability, HasTheClosedFormsOfTheTheory) {
    const double h = 4.0;
    const double mu = 0.9;
    const LossModel model = quadratic(Matrix::Constant(1, 1, h), Matrix::Constant(1, 1, 1.0));
    EXPECT_DOUBLE_EQ(limit(model, langevin_cell(0.1, 1, 0.5)), 2.0 / (0.5 * h));
    EXPECT_DOUBLE_EQ(limit(model, sgd_cell(UpdateRule::heavy_ball, 0.1, 1, 0.0)), 2.0 / h);
    EXPECT_DOUBLE_EQ(limit(model, sgd_cell(UpdateRule::heavy_ball, 0.1, 1, mu)), 2 * (1 + mu) / h);
    EXPECT_DOUBLE_EQ(limit(model, sgd_cell(UpdateRule::ema, 0.1, 1, mu)), 2 * (1 + mu) / (h * (1 - mu)));
    EXPECT_DOUBLE_EQ(limit(model, sgd_cell(UpdateRule::nesterov, 0.1, 1, mu)), 2 * (1 + mu) / ((1 + 2 * mu) * h));
}

TEST(MeanStability, IsStrictAtTheLimit) {
    const LossModel model = quadratic(Matrix::Constant(1, 1, 4.0), Matrix::Constant(1, 1, 1.0));
    EXPECT_FALSE(mean_square_stability(model, langevin_cell(0.5, 1, 1.0)).stable);
    EXPECT_TRUE(mean_square_stability(model, langevin_cell(0.4999, 1, 1.0)).stable);
    EXPECT_FALSE(mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, 0.5, 8, 0.0)).stable);
    EXPECT_TRUE(mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, 0.4999, 8, 0.0)).stable);
    EXPECT_TRUE(std::isinf(mean_square_stability(model, langevin_cell(0.1, 1, 1.0)).fourth_moment_limit));
}

/// Shared curvature leaves the noise additive: only M decides, also where the batches of an epoch are correlated.
TEST(MeanStability, OfAFiniteSetDoesNotDependOnTheSampling) {
    const LossModel model = support::finite_quadratic(random_hessian(3, 20.0, 9), support::normal_matrix(7, 3, 10));
    const LossModel infinite = quadratic(model.hessian, model.gradient_noise_covariance);
    for (const UpdateRule update : every_update) {
        for (const Sampling sampling :
             {Sampling::with_replacement, Sampling::without_replacement, Sampling::reshuffle}) {
            Cell cell = sgd_cell(update, 0.0, 3, 0.9);
            cell.sampling = sampling;
            const double eta = limit(model, cell);
            EXPECT_EQ(eta, limit(infinite, cell));
            EXPECT_LT(mean_radius(model, with_learning_rate(cell, eta * (1 - 1e-6))), 1.0);
            EXPECT_GT(mean_radius(model, with_learning_rate(cell, eta * (1 + 1e-6))), 1.0);
            EXPECT_TRUE(std::isinf(mean_square_stability(model, cell).fourth_moment_limit));
        }
    }
}

TEST(MeanStability, IsNeverReachedWhenDampeningKillsTheGradient) {
    const LossModel model = quadratic(Matrix::Constant(1, 1, 4.0), Matrix::Constant(1, 1, 1.0));
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 1e-6, 1, 0.5);
    cell.dampening = 1.0;
    EXPECT_EQ(limit(model, cell), 0.0);
    EXPECT_FALSE(mean_square_stability(model, cell).stable);
}

TEST(MeanSquareStability, IsWhereTheWholeMomentMapReachesOne) {
    for (const Eigen::Index d : {1, 2, 3}) {
        const LossModel model = random_least_squares(8, d, 0.1, 6.0, 17);
        for (const UpdateRule update : every_update) {
            for (const double momentum : {0.0, 0.5, 0.95}) {
                const Cell cell = sgd_cell(update, 0.0, 2, momentum);
                const double eta = limit(model, cell);
                EXPECT_LT(moment_radius(model, with_learning_rate(cell, eta * (1 - 1e-7)), 0.5), 1.0);
                EXPECT_GT(moment_radius(model, with_learning_rate(cell, eta * (1 + 1e-7)), 0.5), 1.0);
            }
        }
    }
}

/// Heavy ball's 1/W is linear in 1/η, so its limit is 1/λ_max of a symmetric pencil too: with rate (1 − τ)η and
/// A = (1−μ)²(1+μ)(h_i + h_j), B = (1−μ)² h_i h_j − μ(h_i − h_j)², A P = rate·(B + (1−μ²) c_B T) P on all d² entries.
double heavy_ball_pencil(const LossModel& model, double momentum, double noise_factor) {
    const Eigen::SelfAdjointEigenSolver<Matrix> modes(model.hessian);
    const Vector h = modes.eigenvalues();
    const Matrix points = model.features * modes.eigenvectors();
    const Eigen::Index d = h.size();
    const double decay = (1 - momentum) * (1 - momentum);
    const double noise = (1 - momentum * momentum) * noise_factor;
    Matrix pencil = Matrix::Zero(d * d, d * d);
    for (Eigen::Index n = 0; n < points.rows(); ++n) {
        const Vector square = Matrix(points.row(n).transpose() * points.row(n)).reshaped();
        pencil += noise / double(points.rows()) * square * square.transpose();
    }
    Vector scale(d * d);
    for (Eigen::Index at = 0; at < d * d; ++at) {
        const double x = h(at % d);
        const double y = h(at / d);
        scale(at) = 1 / std::sqrt(decay * (1 + momentum) * (x + y));
        pencil(at, at) += decay * x * y - momentum * (x - y) * (x - y) - noise * (x - model.ridge) * (y - model.ridge);
    }
    const Matrix scaled = scale.asDiagonal() * pencil * scale.asDiagonal();
    return 1 / Eigen::SelfAdjointEigenSolver<Matrix>(scaled).eigenvalues().maxCoeff();
}

TEST(MeanSquareStability, OfHeavyBallMatchesItsPencilOnDiabetes) {
    const LossModel model = support::diabetes({}, 0.1);
    for (const double momentum : {0.0, 0.5, 0.9, 0.99}) {
        const double rate = heavy_ball_pencil(model, momentum, 0.25);
        const double heavy = limit(model, sgd_cell(UpdateRule::heavy_ball, 0.0, 4, momentum));
        const double ema = limit(model, sgd_cell(UpdateRule::ema, 0.0, 4, momentum));
        EXPECT_NEAR(heavy, rate, 1e-10 * rate);
        EXPECT_NEAR(ema, rate / (1 - momentum), 1e-10 * rate / (1 - momentum));
    }
}

/// One limit describes the whole axis: stable everywhere below, unstable everywhere above.
TEST(MeanSquareStability, HasNoGapsBelowAndNoIslandsAbove) {
    const LossModel model = random_least_squares(8, 2, 0.05, 20.0, 27);
    for (const UpdateRule update : every_update) {
        for (const double momentum : {0.0, 0.6, 0.95}) {
            const Cell cell = sgd_cell(update, 0.0, 1, momentum);
            const double eta = limit(model, cell);
            for (const double fraction : {0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97}) {
                EXPECT_LT(moment_radius(model, with_learning_rate(cell, eta * fraction), 1.0), 1.0);
            }
            for (const double fraction : {1.03, 1.2, 1.5, 2.0, 3.0, 5.0}) {
                EXPECT_GT(moment_radius(model, with_learning_rate(cell, eta * fraction), 1.0), 1.0);
            }
        }
    }
}

TEST(MeanSquareStability, AgreesWithTheLawsThatArePredicted) {
    const LossModel model = random_least_squares(12, 3, 0.0, 10.0, 37);
    for (const UpdateRule update : every_update) {
        const Cell cell = sgd_cell(update, 0.0, 1, 0.8);
        const double eta = limit(model, cell);
        const Cell below = with_learning_rate(cell, eta * (1 - 1e-8));
        const Cell above = with_learning_rate(cell, eta * (1 + 1e-8));
        EXPECT_TRUE(mean_square_stability(model, below).stable);
        EXPECT_FALSE(mean_square_stability(model, above).stable);
        EXPECT_EQ(predict(model, below).back().theory, Theory::least_squares);
        EXPECT_NE(predict(model, above).back().theory, Theory::least_squares);
    }
}

TEST(MeanSquareStability, DependsOnTheSampling) {
    const LossModel model = random_least_squares(8, 2, 0.1, 6.0, 47);
    Cell cell = sgd_cell(UpdateRule::nesterov, 0.0, 5, 0.7);
    const double with_replacement = limit(model, cell);
    cell.sampling = Sampling::without_replacement;
    const double eta = limit(model, cell);
    EXPECT_GT(eta, with_replacement * 1.01);
    const double noise_factor = 3.0 / 35.0;
    EXPECT_LT(moment_radius(model, with_learning_rate(cell, eta * (1 - 1e-7)), noise_factor), 1.0);
    EXPECT_GT(moment_radius(model, with_learning_rate(cell, eta * (1 + 1e-7)), noise_factor), 1.0);
    cell.batch_size = 8;
    const LossModel noiseless = quadratic(model.hessian, model.gradient_noise_covariance);
    EXPECT_NEAR(limit(model, cell), limit(noiseless, cell), 1e-9);
}

TEST(MeanSquareStability, DampeningRescalesPlainSgd) {
    const LossModel model = random_least_squares(8, 2, 0.1, 6.0, 57);
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.0, 2, 0.0);
    const double plain = limit(model, cell);
    cell.dampening = 0.25;
    EXPECT_NEAR(limit(model, cell), plain / 0.75, 1e-12);
    cell.dampening = 1.5;
    EXPECT_EQ(limit(model, cell), 0.0);
}

/// docs/design.md, section 6: covariance up to η = 0.489, fourth moment only to 0.323.
TEST(PrintedNumbers, DiabetesBmiAndS5) {
    const LossModel model = support::diabetes({"bmi", "s5"}, 0.0);
    const Stability stability = mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, 0.4, 1, 0.0));
    EXPECT_TRUE(stability.stable);
    EXPECT_NEAR(stability.learning_rate_limit, 0.489, 5e-4);
    EXPECT_NEAR(stability.fourth_moment_limit, 0.323, 5e-4);
}

Matrix kronecker(const Matrix& a, const Matrix& b) {
    Matrix product(a.rows() * b.rows(), a.cols() * b.cols());
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
        for (Eigen::Index j = 0; j < a.cols(); ++j) {
            product.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
        }
    }
    return product;
}

/// Radius of E A⊗A⊗A⊗A over every batch of two, A = I − ηH̄, on all d⁴ tensors.
double fourth_moment_radius(const LossModel& model, double learning_rate) {
    const Eigen::Index d = model.dimension();
    const Eigen::Index points = model.training_points();
    const Matrix identity = Matrix::Identity(d, d);
    Matrix map = Matrix::Zero(d * d * d * d, d * d * d * d);
    for (Eigen::Index i = 0; i < points; ++i) {
        for (Eigen::Index j = 0; j < points; ++j) {
            const Matrix first = model.features.row(i).transpose() * model.features.row(i);
            const Matrix second = model.features.row(j).transpose() * model.features.row(j);
            const Matrix step = identity - learning_rate * (0.5 * (first + second) + model.ridge * identity);
            const Matrix squared = kronecker(step, step);
            map += kronecker(squared, squared) / double(points * points);
        }
    }
    return spectral_radius(map);
}

TEST(FourthMoment, IsWhereItsMapReachesOneForBatchesOfTwo) {
    for (const Eigen::Index d : {1, 2, 3}) {
        const LossModel model = random_least_squares(5, d, 0.2, 4.0, 67);
        const Stability stability = mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, 0.1, 2, 0.0));
        const double eta = stability.fourth_moment_limit;
        EXPECT_LT(eta, stability.learning_rate_limit);
        EXPECT_LT(fourth_moment_radius(model, eta * (1 - 1e-7)), 1.0);
        EXPECT_GT(fourth_moment_radius(model, eta * (1 + 1e-7)), 1.0);
    }
}

TEST(FourthMoment, IsNotClaimedWhereItIsNotComputed) {
    const LossModel model = random_least_squares(20, 5, 0.2, 4.0, 77);
    const LossModel small = random_least_squares(20, 2, 0.2, 4.0, 77);
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.01, 2, 0.0);
    EXPECT_TRUE(std::isnan(mean_square_stability(model, cell).fourth_moment_limit));
    EXPECT_FALSE(std::isnan(mean_square_stability(small, cell).fourth_moment_limit));
    cell.momentum = 0.5;
    EXPECT_TRUE(std::isnan(mean_square_stability(small, cell).fourth_moment_limit));
    cell.momentum = 0.0;
    cell.sampling = Sampling::without_replacement;
    EXPECT_TRUE(std::isnan(mean_square_stability(small, cell).fourth_moment_limit));
}

}  // namespace
}  // namespace stationary
