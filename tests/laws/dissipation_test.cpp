#include "host/laws/dissipation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "host/laws/prediction.h"
#include "tests/support/reference_laws.h"
#include "tests/support/support_models.h"

namespace stationary {
namespace {

using reference::Big;
using reference::BigMatrix;
using support::sgd_cell;

constexpr UpdateRule every_update[] = {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema};

/// The averages in the relation, in the exact stationary state.
struct Averages {
    double position_gradient = 0.0;  ///< ⟨δ·∇L⟩
    double velocity_gradient = 0.0;  ///< ⟨v·∇L⟩
    double velocity_square = 0.0;    ///< ⟨|v|²⟩
};

/// From the whole (2d)² law, with the data's state-dependent noise where there is some; ∇L = Hδ.
Averages exact_averages(const LossModel& model, const Cell& cell) {
    const BigMatrix hessian(model.hessian);
    const Big factor = minibatch_noise_factor(model, cell);
    const BigMatrix zero(hessian.rows, hessian.rows);
    reference::StateNoiseMap state;
    if (model.kind == ModelKind::least_squares) {
        state = [&](const BigMatrix& p) { return reference::minibatch_noise(model, factor, p); };
    }
    const BigMatrix noise = combine(zero, factor, BigMatrix(model.gradient_noise_covariance));
    const BigMatrix z = reference::sgd_moments(hessian, cell, noise, state);
    Big position = 0;
    Big velocity = 0;
    Big square = 0;
    const std::size_t d = hessian.rows;
    for (std::size_t i = 0; i < d; ++i) {
        square += z(d + i, d + i);
        for (std::size_t j = 0; j < d; ++j) {
            position += hessian(i, j) * z(i, j);
            velocity += hessian(i, j) * z(d + i, j);
        }
    }
    return {static_cast<double>(position), static_cast<double>(velocity), static_cast<double>(square)};
}

Cell cell_at(const LossModel& model, Cell cell, double fraction) {
    cell.learning_rate = fraction * mean_square_stability(model, cell).learning_rate_limit;
    return cell;
}

void expect_relation(const LossModel& model, const Cell& cell) {
    const Averages averages = exact_averages(model, cell);
    const DissipationRelation relation = dissipation_relation(cell);
    const double left = averages.position_gradient + relation.lookahead * averages.velocity_gradient;
    EXPECT_NEAR(left, relation.factor * averages.velocity_square, 1e-12 * averages.position_gradient)
        << to_string(cell.update) << " mu=" << cell.momentum << " tau=" << cell.dampening
        << " eta=" << cell.learning_rate;
    if (cell.update != UpdateRule::nesterov || cell.momentum == 0.0) {
        EXPECT_NEAR(averages.position_gradient, dissipation_factor(cell) * averages.velocity_square,
                    1e-12 * averages.position_gradient);
    }
}

TEST(Dissipation, HoldsInTheExactLawsOfEveryUpdateRule) {
    const LossModel quadratic =
        support::quadratic(support::random_hessian(3, 20.0, 7), support::random_covariance(3, 3, 8));
    const LossModel least_squares = support::random_least_squares(9, 3, 0.1, 10.0, 17);
    for (const LossModel* model : {&quadratic, &least_squares}) {
        for (const UpdateRule update : every_update) {
            for (const double momentum : {0.0, 0.5, 0.95}) {
                for (const double dampening : {-0.5, 0.0, 0.4}) {
                    for (const double fraction : {0.01, 0.7}) {
                        Cell cell = sgd_cell(update, 0.0, 4, momentum);
                        cell.dampening = update == UpdateRule::ema ? momentum : dampening;
                        expect_relation(*model, cell_at(*model, cell, fraction));
                    }
                }
            }
        }
    }
}

TEST(Dissipation, HoldsWithoutReplacementInABatch) {
    const LossModel model = support::random_least_squares(9, 3, 0.1, 10.0, 27);
    for (const UpdateRule update : every_update) {
        Cell cell = sgd_cell(update, 0.0, 4, 0.8);
        cell.sampling = Sampling::without_replacement;
        expect_relation(model, cell_at(model, cell, 0.5));
    }
}

TEST(Dissipation, HasYaidasFactorForHeavyBallAndEma) {
    Cell cell = sgd_cell(UpdateRule::heavy_ball, 0.3, 4, 0.9);
    EXPECT_DOUBLE_EQ(dissipation_factor(cell), 0.5 * 0.3 * 1.9);
    cell.dampening = 0.6;
    EXPECT_DOUBLE_EQ(dissipation_factor(cell), 0.5 * 0.3 * 1.9 / 0.4);
    EXPECT_DOUBLE_EQ(dissipation_factor(sgd_cell(UpdateRule::ema, 0.3, 4, 0.9)), 0.5 * 0.3 * 1.9 / 0.1);
    const DissipationRelation nesterov = dissipation_relation(sgd_cell(UpdateRule::nesterov, 0.3, 4, 0.9));
    EXPECT_DOUBLE_EQ(nesterov.lookahead, 0.3 * 0.9);
    EXPECT_DOUBLE_EQ(nesterov.factor, 0.5 * 0.3 * 1.9);
}

/// Why Nesterov has no factor: at one η, ⟨δ·∇L⟩/⟨|v|²⟩ depends on the curvature.
TEST(Dissipation, HasNoFactorForNesterov) {
    const Cell cell = sgd_cell(UpdateRule::nesterov, 0.1, 1, 0.9);
    double ratio[2];
    for (const int i : {0, 1}) {
        const LossModel model = support::quadratic(Matrix::Constant(1, 1, i == 0 ? 0.1 : 5.0), Matrix::Ones(1, 1));
        const Averages averages = exact_averages(model, cell);
        ratio[i] = averages.position_gradient / averages.velocity_square;
    }
    EXPECT_GT(std::abs(ratio[0] / ratio[1] - 1.0), 0.1);
    EXPECT_TRUE(std::isnan(dissipation_factor(cell)));
}

TEST(Dissipation, IsNotClaimedWhereItDoesNotHold) {
    Cell reshuffled = sgd_cell(UpdateRule::heavy_ball, 0.1, 2, 0.5);
    reshuffled.sampling = Sampling::reshuffle;
    Cell dead = sgd_cell(UpdateRule::heavy_ball, 0.1, 2, 0.5);
    dead.dampening = 1.0;
    for (const Cell& cell : {reshuffled, dead, support::langevin_cell(0.1, 2, 1.0)}) {
        EXPECT_TRUE(std::isnan(dissipation_factor(cell)));
        EXPECT_TRUE(std::isnan(dissipation_relation(cell).factor));
    }
}

}  // namespace
}  // namespace stationary
