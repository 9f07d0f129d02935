#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "host/algebra/eigenbasis.h"
#include "host/algebra/symmetric_packing.h"
#include "host/laws/minibatch_law.h"
#include "host/laws/prediction.h"
#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::Big;
using reference::BigMatrix;
using support::random_least_squares;
using support::scaled_cell;
using support::sgd_cell;

constexpr UpdateRule every_update[] = {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema};

Matrix law(const LossModel& model, const Cell& cell) {
    const std::vector<Prediction> laws = predict(model, cell);
    if (laws.empty() || laws.back().theory != Theory::least_squares) {
        return Matrix::Constant(model.dimension(), model.dimension(), std::nan(""));
    }
    return laws.back().covariance;
}

Cell cell_at(const LossModel& model, Cell cell, double fraction) {
    cell.learning_rate = fraction * mean_square_stability(model, cell).learning_rate_limit;
    return cell;
}

/// c_B in exact arithmetic.
Big noise_factor(const LossModel& model, const Cell& cell) {
    const Big points = model.training_points();
    const Big batch = cell.batch_size;
    return cell.sampling == Sampling::with_replacement ? 1 / batch : (points - batch) / (batch * (points - 1));
}

double kronecker_error(const LossModel& model, const Cell& cell) {
    const Big factor = noise_factor(model, cell);
    const BigMatrix at_minimizer(model.gradient_noise_covariance);
    const BigMatrix constant = combine(BigMatrix(at_minimizer.rows, at_minimizer.rows), factor, at_minimizer);
    const auto state = [&](const BigMatrix& p) { return reference::minibatch_noise(model, factor, p); };
    const BigMatrix exact = reference::sgd_covariance(BigMatrix(model.hessian), cell, constant, state);
    return reference::worst_relative_error(law(model, cell), exact);
}

TEST(LeastSquaresLaw, MatchesKroneckerSolveForEveryUpdateRule) {
    for (const UpdateRule update : every_update) {
        for (const double momentum : {0.0, 0.9, 0.99}) {
            for (const Eigen::Index d : {1, 2, 3}) {
                const LossModel model = random_least_squares(9, d, 0.05, 30.0, 11);
                for (const double fraction : {0.01, 0.6}) {
                    const Cell cell = cell_at(model, sgd_cell(update, 0.0, 2, momentum), fraction);
                    EXPECT_LT(kronecker_error(model, cell), 1e-11)
                        << to_string(update) << " mu=" << momentum << " d=" << d << " fraction=" << fraction;
                }
            }
        }
    }
}

TEST(LeastSquaresLaw, MatchesKroneckerSolveAtConditionNumberOneThousand) {
    const LossModel model = random_least_squares(30, 5, 0.0, 1e3, 21);
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.0, 4, 0.9);
    cell.sampling = Sampling::without_replacement;
    EXPECT_LT(kronecker_error(model, cell_at(model, cell, 0.7)), 1e-11);
}

TEST(LeastSquaresLaw, MatchesKroneckerSolveInEightDimensions) {
    const LossModel model = random_least_squares(40, 8, 0.1, 1e3, 31);
    EXPECT_LT(kronecker_error(model, cell_at(model, sgd_cell(UpdateRule::nesterov, 0.0, 3, 0.5), 0.5)), 1e-11);
}

TEST(LeastSquaresLaw, MatchesKroneckerSolveWithDampeningAndWithoutReplacement) {
    const LossModel model = random_least_squares(7, 3, 0.2, 10.0, 41);
    for (const UpdateRule update : {UpdateRule::heavy_ball, UpdateRule::nesterov}) {
        Cell cell = sgd_cell(update, 0.0, 5, 0.8);
        cell.dampening = 0.3;
        cell.sampling = Sampling::without_replacement;
        EXPECT_LT(kronecker_error(model, cell_at(model, cell, 0.6)), 1e-11);
    }
}

// The algorithm itself, every possible batch enumerated: no c_B, no T and no mode appears.

using Batches = std::vector<std::vector<Eigen::Index>>;

Batches every_batch(Eigen::Index points, Sampling sampling) {
    Batches batches;
    for (Eigen::Index i = 0; i < points; ++i) {
        for (Eigen::Index j = 0; j < points; ++j) {
            if (sampling == Sampling::with_replacement || i != j) {
                batches.push_back({i, j});
            }
        }
    }
    return batches;
}

/// Minibatch gradient = curvature·δ + offset.
struct BatchGradient {
    Matrix curvature;
    Vector offset;
};

BatchGradient batch_gradient(const LossModel& model, const std::vector<Eigen::Index>& batch) {
    const Eigen::Index d = model.dimension();
    BatchGradient gradient{model.ridge * Matrix::Identity(d, d), model.ridge * model.minimizer};
    if (model.kind == ModelKind::quadratic) {
        gradient = {model.hessian, Vector::Zero(d)};
        for (const Eigen::Index n : batch) {
            gradient.offset += model.gradient_residuals.row(n).transpose() / double(batch.size());
        }
        return gradient;
    }
    for (const Eigen::Index n : batch) {
        const Vector x = model.features.row(n).transpose();
        gradient.curvature += x * x.transpose() / double(batch.size());
        gradient.offset += x * model.residuals(n) / double(batch.size());
    }
    return gradient;
}

/// E δδᵀ after `steps` steps from δ = v = 0, by the exact recursion of E zzᵀ with z = (δ, v, 1).
Matrix enumerated_covariance(const LossModel& model, const Cell& cell, int steps) {
    const Eigen::Index d = model.dimension();
    std::vector<Matrix> transitions;
    for (const auto& batch : every_batch(model.training_points(), cell.sampling)) {
        const BatchGradient gradient = batch_gradient(model, batch);
        Matrix gradient_row = Matrix::Zero(d, 2 * d + 1);
        gradient_row << gradient.curvature, Matrix::Zero(d, d), gradient.offset;
        Matrix velocity = (1.0 - cell.dampening) * gradient_row;
        velocity.middleCols(d, d).diagonal().array() += cell.momentum;
        Matrix direction = velocity;
        if (cell.update == UpdateRule::nesterov) {
            direction = gradient_row + cell.momentum * velocity;
        }
        Matrix transition = Matrix::Identity(2 * d + 1, 2 * d + 1);
        transition.topRows(d) -= cell.learning_rate * direction;
        transition.middleRows(d, d) = velocity;
        transitions.push_back(transition);
    }
    Matrix z = Matrix::Zero(2 * d + 1, 2 * d + 1);
    z(2 * d, 2 * d) = 1.0;
    for (int step = 0; step < steps; ++step) {
        Matrix next = Matrix::Zero(z.rows(), z.cols());
        for (const Matrix& transition : transitions) {
            next += transition * z * transition.transpose();
        }
        z = next / double(transitions.size());
    }
    return z.topLeftCorner(d, d);
}

TEST(LeastSquaresLaw, IsWhatEnumeratingEveryBatchConvergesTo) {
    const LossModel model = random_least_squares(5, 2, 0.3, 4.0, 51);
    for (const UpdateRule update : every_update) {
        for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement}) {
            Cell cell = sgd_cell(update, 0.0, 2, 0.7);
            cell.sampling = sampling;
            cell = cell_at(model, cell, 0.5);
            const Matrix exact = enumerated_covariance(model, cell, 1500);
            EXPECT_LT((law(model, cell) - exact).cwiseAbs().maxCoeff(), 1e-11 * exact.cwiseAbs().maxCoeff())
                << to_string(update) << to_string(sampling);
        }
    }
}

TEST(FiniteQuadraticLaw, IsWhatEnumeratingEveryBatchConvergesTo) {
    const LossModel model =
        support::finite_quadratic(support::random_hessian(2, 4.0, 121), support::normal_matrix(5, 2, 122));
    for (const UpdateRule update : every_update) {
        for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement}) {
            Cell cell = sgd_cell(update, 0.0, 2, 0.7);
            cell.sampling = sampling;
            cell = cell_at(model, cell, 0.5);
            const std::vector<Prediction> laws = predict(model, cell);
            ASSERT_EQ(laws.size(), 2U);
            EXPECT_EQ(laws.back().theory, Theory::discrete);
            EXPECT_TRUE(laws.back().exact);
            EXPECT_EQ(laws.back().mean, model.minimizer);
            const Matrix exact = enumerated_covariance(model, cell, 1500);
            EXPECT_LT(((laws.back().covariance - exact).array() / exact.array()).abs().maxCoeff(), 1e-11)
                << to_string(update) << to_string(sampling);
        }
    }
}

TEST(FiniteQuadraticLaw, UnderLangevinIsThatOfItsNoise) {
    const LossModel model =
        support::finite_quadratic(support::random_hessian(2, 4.0, 131), support::normal_matrix(6, 2, 132));
    const LossModel infinite = support::quadratic(model.hessian, model.gradient_noise_covariance);
    const Cell cell = support::langevin_cell(0.1, 8, 0.5);  // more than the training points: with replacement
    const std::vector<Prediction> laws = predict(model, cell);
    ASSERT_EQ(laws.size(), 2U);
    EXPECT_EQ(laws[0].covariance, predict(infinite, cell)[0].covariance);
    EXPECT_EQ(laws[1].covariance, predict(infinite, cell)[1].covariance);
    EXPECT_TRUE(laws[1].exact);
}

TEST(LeastSquaresLaw, ApproximationsComeFirstAndAllShareTheMinimizer) {
    const LossModel model = random_least_squares(20, 3, 0.1, 5.0, 61);
    const std::vector<Prediction> laws = predict(model, cell_at(model, sgd_cell(every_update[0], 0.0, 1, 0.5), 0.5));
    ASSERT_EQ(laws.size(), 3U);
    EXPECT_EQ(laws[0].theory, Theory::sde);
    EXPECT_EQ(laws[1].theory, Theory::discrete);
    EXPECT_EQ(laws[2].theory, Theory::least_squares);
    for (const Prediction& each : laws) {
        EXPECT_EQ(each.exact, each.theory == Theory::least_squares);
        EXPECT_EQ(each.mean, model.minimizer);
        EXPECT_EQ(each.covariance, each.covariance.transpose());
    }
    // Fluctuating curvature adds noise: at half the limit the law is well above the one with constant noise.
    EXPECT_GT(laws[2].covariance.trace(), 1.05 * laws[1].covariance.trace());
}

TEST(LeastSquaresLaw, IsLeftOutWhereTheCovarianceDivergesThoughTheMeanConverges) {
    const LossModel model = random_least_squares(20, 3, 0.1, 5.0, 71);
    const Cell cell = cell_at(model, sgd_cell(UpdateRule::heavy_ball, 0.0, 1, 0.0), 1.01);
    const std::vector<Prediction> laws = predict(model, cell);
    ASSERT_EQ(laws.size(), 2U);
    EXPECT_EQ(laws.back().theory, Theory::discrete);
}

TEST(LeastSquaresLaw, FullBatchWithoutReplacementHasNoSpread) {
    const LossModel model = random_least_squares(6, 2, 0.1, 5.0, 81);
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.1, 6, 0.5);
    cell.sampling = Sampling::without_replacement;
    EXPECT_EQ(law(model, cell), Matrix::Zero(2, 2));
}

TEST(LeastSquaresLaw, LangevinKeepsTheNoiseOfTheMinimizer) {
    const LossModel model = random_least_squares(20, 2, 0.1, 5.0, 91);
    LossModel constant = support::quadratic(model.hessian, model.gradient_noise_covariance);
    const Cell cell = support::langevin_cell(0.1, 2, 0.5);
    const std::vector<Prediction> laws = predict(model, cell);
    const std::vector<Prediction> expected = predict(constant, cell);
    ASSERT_EQ(laws.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(laws[i].theory, expected[i].theory);
        EXPECT_EQ(laws[i].covariance, expected[i].covariance);
    }
}

double loss_ratio(const LossModel& model, std::int64_t batch_size, double momentum) {
    const auto laws = predict(model, scaled_cell(UpdateRule::heavy_ball, 0.01, batch_size, momentum));
    return (model.hessian * laws.back().covariance).trace() / (model.hessian * laws.front().covariance).trace();
}

/// docs/theory.md, section 4: on real data the effective batch collapses the loss nearly, not exactly.
TEST(LeastSquaresLaw, EffectiveBatchNearlyCollapsesTheLossOnDiabetes) {
    const LossModel model = support::diabetes({}, 0.1);
    const double plain = loss_ratio(model, 1, 0.0);
    const double heavy = loss_ratio(model, 199, 0.99);
    EXPECT_GT(plain, 1.06);
    EXPECT_GT(plain - heavy, 1e-4);
    EXPECT_LT(plain - heavy, 5e-3);
}

/// An axis-aligned basis, so that T can be read off the data: blocks of rows must not show.
TEST(MinibatchLaw, CountsEveryRowOfManyBlocks) {
    const Eigen::Index points = 2500;
    const Matrix features = support::normal_matrix(points, 1, 101);
    const LossModel model = support::least_squares(features, support::normal_matrix(points, 1, 102), 0.0);
    const double second = features.squaredNorm() / double(points);
    const double fourth = features.array().pow(4).sum() / double(points);
    const double eta = 0.3;
    const double noise = model.gradient_noise_covariance(0, 0);
    const double expected = eta * eta * noise / (2 * eta * second - eta * eta * fourth);
    EXPECT_NEAR(law(model, sgd_cell(UpdateRule::heavy_ball, eta, 1, 0.0))(0, 0), expected, 1e-12 * expected);
    EXPECT_NEAR(mean_square_stability(model, sgd_cell(UpdateRule::heavy_ball, eta, 1, 0.0)).learning_rate_limit,
                2.0 * second / fourth, 1e-12);
}

TEST(SymmetricPacking, IsAnIsometryAndInvertible) {
    const Matrix a = support::random_covariance(5, 5, 111);
    const Matrix b = support::random_covariance(5, 2, 112);
    EXPECT_NEAR(pack_symmetric(a).dot(pack_symmetric(b)), (a * b).trace(), 1e-12 * (a * b).trace());
    EXPECT_LT((unpack_symmetric(pack_symmetric(a), 5) - a).norm(), 1e-14 * a.norm());
    EXPECT_EQ(pack_entries(a)(2), a(1, 1));
}

}  // namespace
}  // namespace stationary
