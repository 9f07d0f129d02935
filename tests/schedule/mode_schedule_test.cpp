#include "host/schedule/mode_schedule.h"

#include "host/base/hash.h"
#include "host/plan/plan.h"
#include "host/schedule/epoch_schedule.h"
#include "host/schedule/mode_relaxation.h"
#include "host/schedule/moment_powers.h"
#include "host/schedule/schedule.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <cmath>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

constexpr double tolerance = 0.01;

/// The plan that whole moment matrices give.
struct WholePlan {
    Schedule schedule;
    Matrix second;
};

WholePlan whole_plan(const LossModel& model, const Cell& cell, const Vector& initial) {
    const StateNoise noise(has_state_dependent_noise(model) ? model : least_squares(3, 1, 0.1, 1));
    const MomentMap map(model, cell, &noise);
    MomentPowers powers(map, TrackedMoments::mean_and_second);
    const Matrix second = *powers.stationary_second_moment();
    return {choose_schedule(powers, map, second, initial, tolerance), second};
}

double ratio(std::int64_t a, std::int64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

void expect_alike(const LossModel& model, const Cell& cell, double offset, double worst_variance_error) {
    const Vector initial = Vector::Constant(model.dimension(), offset);
    const WholePlan whole = whole_plan(model, cell, initial);
    const ModePlan modes = plan_by_modes(ModeModel(model), cell, initial, tolerance);
    ASSERT_TRUE(modes.stationary);
    EXPECT_GE(ratio(modes.schedule.burn_in, whole.schedule.burn_in), 0.75) << describe(cell);
    EXPECT_LE(ratio(modes.schedule.burn_in, whole.schedule.burn_in), 1.6) << describe(cell);
    EXPECT_GE(ratio(modes.schedule.stride, whole.schedule.stride), 0.6) << describe(cell);
    EXPECT_LE(ratio(modes.schedule.stride, whole.schedule.stride), 1.8) << describe(cell);
    for (Index i = 0; i < model.dimension(); ++i)
        EXPECT_NEAR(modes.position_variances(i) / whole.second(i, i), 1.0, worst_variance_error) << describe(cell);
    if (cell.dynamics == Dynamics::langevin) return;
    const StateNoise noise(has_state_dependent_noise(model) ? model : least_squares(3, 1, 0.1, 1));
    const Vector velocity = MomentMap(model, cell, &noise).velocity_squares(whole.second);
    for (Index i = 0; i < model.dimension(); ++i)
        EXPECT_NEAR(modes.velocity_squares(i) / velocity(i), 1.0, worst_variance_error) << describe(cell);
}

TEST(ModeSchedule, plans_as_whole_matrices_do) {
    const std::vector<Cell> cells{langevin_cell(0.02, 2, 0.5), sgd_cell(0.02, 2), sgd_cell(0.02, 8, 0.9),
                                  sgd_cell(0.02, 2, 0.6, UpdateRule::nesterov),
                                  sgd_cell(0.02, 2, 0.5, UpdateRule::ema)};
    for (const Cell& cell : cells) {
        for (const double offset : {0.0, 0.5}) {
            expect_alike(quadratic(8, 31), cell, offset, 1e-7);
            expect_alike(gaussian_regression(8, 0.4, 32), cell, offset, 1e-6);
        }
    }
}

TEST(ModeSchedule, plans_least_squares_nearly_as_whole_matrices_do) {
    const LossModel model = least_squares(400, 8, 0.1, 33);
    for (const Cell& cell : {sgd_cell(0.01, 1), sgd_cell(0.04, 2), sgd_cell(0.005, 2, 0.9)})
        expect_alike(model, cell, 0.0, 0.1);
}

TEST(ModeSchedule, plans_reshuffled_epochs_nearly_as_whole_matrices_do) {
    const LossModel model = finite_quadratic(60, 6, 34);
    Cell cell = sgd_cell(0.02, 4, 0.5);
    cell.sampling = Sampling::reshuffle;
    for (const std::int64_t position : {0, 7}) {
        cell.epoch_position = position;
        const Vector initial = Vector::Zero(6);
        const MomentMap map(model, cell, nullptr);
        const EpochSchedule whole = choose_epoch_schedule(model, cell, map, initial, tolerance);
        const ModePlan modes = plan_by_modes(ModeModel(model), cell, initial, tolerance);
        EXPECT_EQ(modes.schedule.burn_in % 15, position);
        EXPECT_EQ(modes.schedule.stride % 15, 0);
        EXPECT_GE(ratio(modes.schedule.burn_in, whole.schedule.burn_in), 0.7);
        EXPECT_LE(ratio(modes.schedule.burn_in, whole.schedule.burn_in), 2.5);
        for (Index i = 0; i < 6; ++i) EXPECT_NEAR(modes.position_variances(i) / (*whole.second)(i, i), 1.0, 0.3);
    }
}

TEST(ModeSchedule, without_noise_only_the_start_has_to_fade) {
    LossModel model = quadratic(5, 35);
    model.gradient_noise_covariance.setZero();
    const Cell cell = sgd_cell(0.1, 1, 0.5);
    EXPECT_EQ(plan_by_modes(ModeModel(model), cell, Vector::Zero(5), tolerance).schedule.burn_in, 1);
    const Vector initial = Vector::Constant(5, 1e-3);
    const ModePlan plan = plan_by_modes(ModeModel(model), cell, initial, tolerance);
    Vector state = Vector::Zero(10);
    state.head(5) = initial;
    const MomentMap map(model, cell, nullptr);
    for (std::int64_t t = 0; t < plan.schedule.burn_in; ++t) state = map.transition() * state;
    // The measure is the largest component of the start in the modes, at most |δ_0|.
    EXPECT_LE(state.head(5).cwiseAbs().maxCoeff(), initial.norm() * tolerance / 10);
}

TEST(ModeSchedule, an_unstable_cell_has_no_stationary_law) {
    const LossModel model = quadratic(5, 36);
    EXPECT_FALSE(plan_by_modes(ModeModel(model), sgd_cell(50.0, 1), Vector::Zero(5), tolerance).stationary);
    // Beyond the mean-square limit, below that of the mean.
    const LossModel regression = gaussian_regression(8, 0.4, 37);
    EXPECT_FALSE(plan_by_modes(ModeModel(regression), sgd_cell(1.0, 1), Vector::Zero(8), tolerance).stationary);
}

std::uint64_t hash_of(const CellProgram& p) {
    Hash hash;
    hash.integer(static_cast<std::uint64_t>(p.burn_in)).integer(static_cast<std::uint64_t>(p.stride));
    hash.integer(static_cast<std::uint64_t>(p.shard_chains)).real(p.velocity_scale).real(p.pull_scale);
    for (const auto* values : {&p.scale, &p.noise_factor})
        for (const double value : *values) hash.real(value);
    return hash.value();
}

TEST(ModeSchedule, has_the_same_bits_on_every_machine) {
    const LossModel data = least_squares(300, 40, 0.2, 38);
    Hash hash;
    for (const Cell& cell : {langevin_cell(0.02, 2, 0.5), sgd_cell(0.01, 2), sgd_cell(0.002, 4, 0.9)})
        for (const LossModel& model : {quadratic(64, 39), data, gaussian_regression(48, 0.3, 40)})
            hash.integer(hash_of(plan_cell({}, model, cell).program));
    EXPECT_EQ(hex(hash.value()), "effcccd08708e248");
}

TEST(ModeSchedule, a_covariance_of_nearly_equal_modes_takes_longer) {
    Matrix covariance = Matrix::Identity(3, 3);
    EXPECT_EQ(correlation_inflation(covariance), Vector::Ones(3));
    covariance(0, 1) = covariance(1, 0) = 0.9;
    const Vector inflation = correlation_inflation(covariance);
    EXPECT_NEAR(inflation(0), 1.0 / (1.0 - 0.81), 0.1);
    EXPECT_NEAR(inflation(2), 1.0, 1e-9);
    covariance(0, 1) = covariance(1, 0) = 1.0;
    EXPECT_NEAR(correlation_inflation(covariance)(0), 512.0, 1.0);
}

}  // namespace
}  // namespace stationary
