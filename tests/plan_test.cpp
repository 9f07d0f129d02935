#include "host/plan.h"

#include "host/error.h"
#include "host/moment_powers.h"
#include "tests/synthetic_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

/// Row-major d columns as a matrix.
Matrix from_rows(const std::vector<double>& values, Index cols) {
    const auto rows = static_cast<Index>(values.size()) / cols;
    Matrix a(rows, cols);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j) a(i, j) = values[static_cast<std::size_t>(i * cols + j)];
    return a;
}

/// The stationary standard deviations of δ, by doubling.
Vector stationary_deviations(const LossModel& model, const Cell& cell) {
    const MomentMap map(model, cell, nullptr);
    MomentPowers powers(map, TrackedMoments::second);
    return powers.stationary_second_moment().value().diagonal().head(model.dimension()).cwiseSqrt();
}

void expect_input_error(const Experiment& experiment, const LossModel& model, const Cell& cell,
                        const std::string& part) {
    try {
        plan_cell(experiment, model, cell);
        ADD_FAILURE() << "planned, expected: " << part;
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(Plan, sgd_on_a_quadratic_gets_the_noise_of_one_training_point) {
    const LossModel model = quadratic(3, 1);
    Experiment experiment;
    experiment.run.precision = Precision::double_precision;
    const CellProgram program = plan_cell(experiment, model, sgd_cell(0.05, 4, 0.9)).program;
    EXPECT_EQ(program.oracle, Oracle::quadratic);
    EXPECT_EQ(program.stepper, Stepper::sgd);
    EXPECT_TRUE(program.double_precision);
    EXPECT_EQ(program.dimension, 3);
    EXPECT_EQ(program.key, 42u);
    EXPECT_EQ(program.batch_size, 4);
    EXPECT_EQ(program.step_size, 0.05);
    EXPECT_EQ(program.draws, experiment.ensemble.draws);
    EXPECT_EQ(from_rows(program.hessian, 3), model.hessian);
    const Matrix factor = from_rows(program.noise_factor, 3);
    EXPECT_EQ(factor(0, 2), 0.0);
    EXPECT_LT((factor * factor.transpose() - model.gradient_noise_covariance).norm(), 1e-14);
    EXPECT_EQ(program.centre, std::vector<double>(3, 0.0));
    EXPECT_EQ(program.initial, std::vector<double>(3, 0.0));
}

TEST(Plan, update_rules_are_pytorchs) {
    const LossModel model = quadratic(2, 1);
    Cell cell = sgd_cell(0.05, 1, 0.75, UpdateRule::nesterov);
    cell.dampening = 0.25;
    const CellProgram nesterov = plan_cell({}, model, cell).program;
    EXPECT_EQ(nesterov.momentum, 0.75);
    EXPECT_EQ(nesterov.gradient_weight, 0.75);
    EXPECT_EQ(nesterov.direct_weight, 1.0);
    EXPECT_EQ(nesterov.velocity_weight, 0.75);
    const CellProgram ema = plan_cell({}, model, sgd_cell(0.05, 1, 0.75, UpdateRule::ema)).program;
    EXPECT_EQ(ema.gradient_weight, 0.25);
    EXPECT_EQ(ema.direct_weight, 0.0);
    EXPECT_EQ(ema.velocity_weight, 1.0);
}

TEST(Plan, langevin_takes_the_full_gradient_and_constant_noise) {
    const LossModel model = least_squares(30, 3, 0.1, 2);
    const CellProgram program = plan_cell({}, model, langevin_cell(0.2, 8, 0.5)).program;
    EXPECT_EQ(program.oracle, Oracle::quadratic);
    EXPECT_EQ(program.stepper, Stepper::langevin);
    EXPECT_EQ(program.step_size, 0.1);
    EXPECT_EQ(program.training_points, 0);
    EXPECT_TRUE(program.features.empty());
    EXPECT_EQ(from_rows(program.hessian, 3), model.hessian);
    const Matrix factor = from_rows(program.noise_factor, 3);
    const Matrix expected = 0.1 * 0.2 / 8.0 * model.gradient_noise_covariance;
    EXPECT_LT((factor * factor.transpose() - expected).norm(), 1e-14 * expected.norm());
}

TEST(Plan, sgd_on_least_squares_gets_the_data) {
    const LossModel model = least_squares(30, 3, 0.25, 2);
    const CellProgram program = plan_cell({}, model, sgd_cell(0.02, 8)).program;
    EXPECT_EQ(program.oracle, Oracle::least_squares);
    EXPECT_EQ(program.training_points, 30);
    EXPECT_EQ(from_rows(program.features, 3), model.features);
    EXPECT_EQ(from_rows(program.residuals, 1), model.residuals);
    EXPECT_EQ(program.ridge, 0.25);
    EXPECT_EQ(from_rows(program.ridge_gradient, 1), 0.25 * model.minimizer);
}

TEST(Plan, a_start_is_taken_relative_to_the_minimizer) {
    const LossModel model = quadratic(2, 1);
    Experiment experiment;
    experiment.ensemble.initial = Vector::Constant(2, 4.0);
    EXPECT_EQ(plan_cell(experiment, model, sgd_cell(0.05, 1)).program.initial, std::vector<double>(2, 3.0));
    experiment.ensemble.initial = Vector::Constant(3, 4.0);
    expect_input_error(experiment, model, sgd_cell(0.05, 1), "expected 2 numbers");
}

TEST(Plan, scale_is_a_power_of_two_at_a_resolution_of_2_to_minus_14) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const LossModel model = quadratic(3, seed);
        const Cell cell = sgd_cell(0.05, 2, seed % 2 == 0 ? 0.9 : 0.0);
        const CellProgram program = plan_cell({}, model, cell).program;
        const Vector deviations = stationary_deviations(model, cell);
        for (int i = 0; i < 3; ++i) {
            int exponent = 0;
            EXPECT_EQ(std::frexp(program.scale[i], &exponent), 0.5);
            EXPECT_LE(program.scale[i] * deviations(i), std::ldexp(1.0, 14));
            EXPECT_GT(program.scale[i] * deviations(i), std::ldexp(1.0, 13));
        }
    }
}

TEST(Plan, a_deviation_that_is_a_power_of_two_is_on_one_side) {
    // η = 1, h = 1: C = Σ¹/B, whose root is 2.
    for (const double hair : {-1e-12, 0.0, 1e-12}) {
        LossModel model = quadratic(1, 1);
        model.hessian(0, 0) = 1.0;
        model.gradient_noise_covariance(0, 0) = 4.0 * (1.0 + hair);
        EXPECT_EQ(plan_cell({}, model, sgd_cell(1.0, 1)).program.scale[0], 0x1p13);
    }
}

TEST(Plan, null_directions_and_no_noise_have_a_scale) {
    LossModel model = quadratic(2, 1);
    model.hessian = Matrix::Identity(2, 2);
    model.gradient_noise_covariance = Matrix::Zero(2, 2);
    model.gradient_noise_covariance(0, 0) = 4.0;
    const CellProgram null_direction = plan_cell({}, model, sgd_cell(1.0, 1)).program;
    EXPECT_EQ(null_direction.scale[0], 0x1p13);
    EXPECT_EQ(null_direction.scale[1], 0x1p33);
    model.gradient_noise_covariance(0, 0) = 0.0;
    EXPECT_EQ(plan_cell({}, model, sgd_cell(0.5, 1)).program.scale[1], 0x1p14);
    Experiment experiment;
    experiment.ensemble.initial = Vector::Constant(2, 9.0);
    EXPECT_EQ(plan_cell(experiment, model, sgd_cell(0.5, 1)).program.scale[1], 0x1p11);
    model.gradient_noise_covariance = Matrix::Identity(2, 2) * 1e-200;
    EXPECT_EQ(plan_cell({}, model, sgd_cell(0.5, 1)).program.scale[0], 0x1p100);
}

TEST(Plan, explicit_counts_are_kept) {
    Experiment experiment;
    experiment.ensemble.burn_in = 123;
    experiment.ensemble.stride = 45;
    const CellProgram both = plan_cell(experiment, quadratic(2, 1), sgd_cell(0.05, 1)).program;
    EXPECT_EQ(both.burn_in, 123);
    EXPECT_EQ(both.stride, 45);
    experiment.ensemble.stride.reset();
    const CellProgram one = plan_cell(experiment, quadratic(2, 1), sgd_cell(0.05, 1)).program;
    EXPECT_EQ(one.burn_in, 123);
    EXPECT_EQ(one.stride, plan_cell({}, quadratic(2, 1), sgd_cell(0.05, 1)).program.stride);
}

TEST(Plan, shards_hold_whole_groups_of_lanes_and_all_chains) {
    const LossModel model = quadratic(2, 1);
    Experiment experiment;
    for (const std::int64_t chains : {1, 63, 64, 65, 1000, 1024, 1100, 65536, 1000003}) {
        experiment.ensemble.chains = chains;
        const CellPlan plan = plan_cell(experiment, model, sgd_cell(0.05, 1));
        EXPECT_GE(plan.shards, 64);
        EXPECT_GE(plan.chains(), chains);
        EXPECT_LT(plan.chains(), chains + plan.shards * 16);
        if (plan.program.shard_chains > 16) {
            EXPECT_EQ(plan.program.shard_chains % 16, 0);
        }
    }
    experiment.ensemble.chains = 65536;
    EXPECT_EQ(plan_cell(experiment, model, sgd_cell(0.05, 1)).program.shard_chains, 1024);
    experiment.ensemble.shards = 100;
    const CellPlan plan = plan_cell(experiment, model, sgd_cell(0.05, 1));
    EXPECT_EQ(plan.shards, 100);
    EXPECT_EQ(plan.program.shard_chains, 656);
}

TEST(Plan, more_work_makes_more_shards_up_to_a_cap) {
    const LossModel model = quadratic(8, 1);
    Experiment experiment;
    experiment.ensemble.chains = 1 << 20;
    const std::int64_t light = plan_cell(experiment, model, sgd_cell(0.1, 1)).shards;
    const std::int64_t heavy = plan_cell(experiment, model, sgd_cell(0.1, 64)).shards;
    EXPECT_GT(heavy, 8 * light);
    experiment.ensemble.draws = 1000;
    EXPECT_EQ(plan_cell(experiment, model, sgd_cell(0.001, 64)).shards, Planner::max_auto_shards);
}

TEST(Plan, an_unstable_cell_is_refused_unless_allowed) {
    const LossModel model = least_squares(40, 3, 0.1, 3);
    const Cell cell = sgd_cell(3.0, 1);
    Experiment experiment;
    expect_input_error(experiment, model, cell, describe(cell) + ": no stationary covariance");
    experiment.run.allow_unstable = true;
    experiment.ensemble.initial = model.minimizer + Vector::Constant(3, 1000.0);
    const CellProgram program = plan_cell(experiment, model, cell).program;
    EXPECT_EQ(program.burn_in, 1000);
    EXPECT_EQ(program.stride, 100);
    EXPECT_EQ(program.scale[0], 0x1p4);
    experiment.ensemble.burn_in = 7;
    EXPECT_EQ(plan_cell(experiment, model, cell).program.burn_in, 7);
}

TEST(Plan, what_cannot_run_is_refused_in_one_line) {
    expect_input_error({}, quadratic(40, 1), sgd_cell(0.01, 1),
                       "the model has d = 40 parameters; this version runs d ≤ 32");
    Cell reshuffled = sgd_cell(0.01, 1);
    reshuffled.sampling = Sampling::reshuffle;
    expect_input_error({}, quadratic(2, 1), reshuffled, "reshuffle");
    Cell without = sgd_cell(0.01, 2);
    without.sampling = Sampling::without_replacement;
    expect_input_error({}, least_squares(20, 2, 0.1, 1), without, "with_replacement only");
    EXPECT_NO_THROW(plan_cell({}, quadratic(2, 1), without));
    expect_input_error({}, quadratic(2, 1), sgd_cell(1e-14, 1), "no stationary covariance");
    Experiment endless;
    endless.ensemble.burn_in = std::int64_t{1} << 56;
    expect_input_error(endless, quadratic(2, 1), sgd_cell(0.01, 2), "2^58 words");
}

}  // namespace
}  // namespace stationary
