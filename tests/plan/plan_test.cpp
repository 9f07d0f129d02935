#include "host/plan/plan.h"

#include "host/base/error.h"
#include "host/plan/program_cost.h"
#include "host/schedule/moment_powers.h"
#include "tests/support/synthetic_models.h"

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

Cell sampled(Sampling sampling, Cell cell, std::int64_t position = 0) {
    cell.sampling = sampling;
    cell.epoch_position = position;
    return cell;
}

TEST(Plan, sgd_on_a_finite_quadratic_gets_the_residuals) {
    const LossModel model = finite_quadratic(20, 3, 2);
    const CellProgram program = plan_cell({}, model, sgd_cell(0.02, 8, 0.5)).program;
    EXPECT_EQ(program.oracle, Oracle::finite_quadratic);
    EXPECT_EQ(program.sampling, BatchSampling::with_replacement);
    EXPECT_EQ(program.training_points, 20);
    EXPECT_EQ(from_rows(program.gradient_residuals, 3), model.gradient_residuals);
    EXPECT_EQ(from_rows(program.hessian, 3), model.hessian);
    EXPECT_TRUE(program.noise_factor.empty());
    const CellProgram langevin = plan_cell({}, model, langevin_cell(0.2, 8)).program;
    EXPECT_EQ(langevin.oracle, Oracle::quadratic);
    EXPECT_EQ(langevin.training_points, 0);
    EXPECT_TRUE(langevin.gradient_residuals.empty());
    EXPECT_EQ(langevin.velocity_scale, 1.0);
}

TEST(Plan, sgd_on_gaussian_regression_gets_a_factor_of_the_features) {
    const LossModel model = gaussian_regression(3, 0.25, 3);
    const CellProgram program = plan_cell({}, model, sgd_cell(0.02, 8, 0.5)).program;
    EXPECT_EQ(program.oracle, Oracle::gaussian_regression);
    EXPECT_EQ(program.label_noise, 0.5);
    const Matrix factor = from_rows(program.noise_factor, 3);
    EXPECT_EQ(factor(0, 2), 0.0);
    EXPECT_LT((factor * factor.transpose() - model.hessian).norm(), 1e-14);
    const CellProgram langevin = plan_cell({}, model, langevin_cell(0.2, 8)).program;
    EXPECT_EQ(langevin.oracle, Oracle::quadratic);
    const Matrix noise = from_rows(langevin.noise_factor, 3);
    EXPECT_LT((noise * noise.transpose() - 0.2 * 0.2 / 8.0 * 0.25 * model.hessian).norm(), 1e-15);
}

TEST(Plan, the_sampling_scheme_reaches_the_kernel) {
    for (const LossModel& model : {finite_quadratic(20, 2, 4), least_squares(20, 2, 0.1, 5)}) {
        const Cell cell = sgd_cell(0.02, 4);
        EXPECT_EQ(plan_cell({}, model, cell).program.sampling, BatchSampling::with_replacement);
        EXPECT_EQ(plan_cell({}, model, sampled(Sampling::without_replacement, cell)).program.sampling,
                  BatchSampling::without_replacement);
        EXPECT_EQ(plan_cell({}, model, sampled(Sampling::reshuffle, cell)).program.sampling, BatchSampling::reshuffle);
    }
}

/// The stationary E v_i², largest over i, by iterating the moments of (δ, v); v carries nothing over without momentum.
double largest_velocity_square(const LossModel& model, const Cell& cell, const StateNoise* state_noise) {
    const MomentMap map(model, cell, state_noise);
    StateMoments moments{Vector::Zero(map.state_size()), Matrix::Zero(map.state_size(), map.state_size())};
    for (int t = 0; t < 20000; ++t) {
        moments = map.apply(moments);
        moments.second += map.source();
    }
    return moments.second.diagonal().tail(model.dimension()).maxCoeff();
}

TEST(Plan, the_velocity_has_one_scale_at_a_resolution_of_2_to_minus_14) {
    const LossModel data = least_squares(30, 3, 0.1, 6);
    const StateNoise state_noise(data);
    const auto expect_scale = [](double scale, double square) {
        int exponent = 0;
        EXPECT_EQ(std::frexp(scale, &exponent), 0.5);
        EXPECT_LE(scale * std::sqrt(square), std::ldexp(1.0, 14));
        EXPECT_GT(scale * std::sqrt(square), std::ldexp(1.0, 13));
    };
    for (const UpdateRule update : {UpdateRule::heavy_ball, UpdateRule::nesterov, UpdateRule::ema})
        for (const double size : {1.0, 8.0}) {
            LossModel model = quadratic(3, 7);
            model.gradient_noise_covariance *= size;
            const Cell cell = sgd_cell(0.05, 2, 0.8, update);
            expect_scale(plan_cell({}, model, cell).program.velocity_scale,
                         largest_velocity_square(model, cell, nullptr));
        }
    const Cell cell = sgd_cell(0.05, 2, 0.8);
    expect_scale(plan_cell({}, data, cell).program.velocity_scale, largest_velocity_square(data, cell, &state_noise));
    // Momentum close to 0 carries the velocity as a block of the state, and changes its size by little.
    const double plain = plan_cell({}, data, sgd_cell(0.05, 2)).program.velocity_scale;
    expect_scale(plain, largest_velocity_square(data, sgd_cell(0.05, 2, 1e-9), &state_noise));
}

// The fluctuation-dissipation relation of Nesterov needs v·Hδ; no other step records it, and the kernels get H for it.
TEST(Plan, records_the_pull_for_nesterov_only) {
    const LossModel data = least_squares(30, 3, 0.1, 6);
    const CellProgram nesterov = plan_cell({}, data, sgd_cell(0.05, 2, 0.8, UpdateRule::nesterov)).program;
    int exponent = 0;
    EXPECT_EQ(std::frexp(nesterov.pull_scale, &exponent), 0.5);
    EXPECT_EQ(nesterov.hessian.size(), 9U);
    for (const UpdateRule update : {UpdateRule::heavy_ball, UpdateRule::ema})
        EXPECT_EQ(plan_cell({}, data, sgd_cell(0.05, 2, 0.8, update)).program.pull_scale, 0.0);
    EXPECT_EQ(plan_cell({}, data, sgd_cell(0.05, 2, 0.0, UpdateRule::nesterov)).program.pull_scale, 0.0);
}

TEST(Plan, reshuffled_cells_draw_at_their_place_of_whole_epochs) {
    for (const LossModel& model : {finite_quadratic(23, 2, 8), least_squares(23, 2, 0.1, 9)})
        for (const double momentum : {0.0, 0.8})
            for (const std::int64_t position : {0, 1, 4}) {
                const Cell cell = sampled(Sampling::reshuffle, sgd_cell(0.01, 4, momentum), position);
                const CellProgram program = plan_cell({}, model, cell).program;
                EXPECT_EQ(program.burn_in % 5, position);
                EXPECT_EQ(program.stride % 5, 0);
                EXPECT_GT(program.burn_in, program.stride);
            }
}

TEST(Plan, a_reshuffled_scale_is_that_of_the_colder_law) {
    // ηhn ≪ 1 at the epoch's start: η³hn(n+1)c_B R/24 against ηc_B R/(2h).
    LossModel model = finite_quadratic(10, 1, 10);
    model.hessian(0, 0) = 1.0;
    const double rate = 0x1p-10;
    const CellProgram warm = plan_cell({}, model, sampled(Sampling::without_replacement, sgd_cell(rate, 1))).program;
    const CellProgram cold = plan_cell({}, model, sampled(Sampling::reshuffle, sgd_cell(rate, 1))).program;
    const double colder = std::log2(cold.scale[0] / warm.scale[0]);
    EXPECT_NEAR(colder, -0.5 * std::log2(rate * rate * 10.0 * 11.0 / 12.0), 1.0);
    // v = ĝ is of the size of the batch noise in both.
    EXPECT_EQ(cold.velocity_scale, warm.velocity_scale);
}

TEST(Plan, explicit_counts_that_miss_the_place_in_an_epoch_are_refused) {
    const LossModel model = finite_quadratic(23, 2, 8);
    const Cell cell = sampled(Sampling::reshuffle, sgd_cell(0.01, 4), 3);
    Experiment experiment;
    experiment.file = "x.toml";
    experiment.ensemble.burn_in = 101;
    expect_input_error(experiment, model, cell,
                       "x.toml: ensemble.burn_in: sgd reshuffle B=4 eta0=0 position=3: an epoch has 5 steps, so 101 is "
                       "not at epoch_position 3; the next that is: 103");
    experiment.ensemble.burn_in = 103;
    EXPECT_EQ(plan_cell(experiment, model, cell).program.burn_in, 103);
    experiment.ensemble.stride = 7;
    expect_input_error(
        experiment, model, cell,
        "x.toml: ensemble.stride: sgd reshuffle B=4 eta0=0 position=3: an epoch has 5 steps, so 7 is not "
        "a number of whole epochs; the next that is: 10");
    experiment.ensemble.stride = 10;
    EXPECT_EQ(plan_cell(experiment, model, cell).program.stride, 10);
    // Other schemes take any count.
    experiment.ensemble.stride = 7;
    EXPECT_NO_THROW(plan_cell(experiment, model, sgd_cell(0.01, 4)));
}

TEST(Plan, permutations_cost_more_than_words) {
    const LossModel model = finite_quadratic(200, 2, 11);
    Experiment experiment;
    experiment.ensemble.chains = 1 << 19;
    experiment.ensemble.burn_in = 1000;
    experiment.ensemble.stride = 1000;
    const std::int64_t words = plan_cell(experiment, model, sgd_cell(0.1, 10)).shards;
    const std::int64_t permuted =
        plan_cell(experiment, model, sampled(Sampling::without_replacement, sgd_cell(0.1, 10))).shards;
    EXPECT_GT(permuted, 4 * words);
    EXPECT_LT(permuted, max_auto_shards);
}

TEST(Plan, an_unstable_reshuffled_cell_draws_at_its_place_too) {
    const LossModel model = finite_quadratic(23, 2, 8);
    const Cell cell = sampled(Sampling::reshuffle, sgd_cell(30.0, 4), 3);
    Experiment experiment;
    expect_input_error(experiment, model, cell, "no stationary covariance");
    experiment.run.allow_unstable = true;
    const CellProgram program = plan_cell(experiment, model, cell).program;
    EXPECT_EQ(program.burn_in, 1003);
    EXPECT_EQ(program.stride, 100);
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
    EXPECT_EQ(plan_cell(experiment, model, sgd_cell(0.001, 64)).shards, max_auto_shards);
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
    LossModel too_large = quadratic(1, 1);
    too_large.hessian = too_large.gradient_noise_covariance = Matrix::Identity(1025, 1025);
    too_large.minimizer = Vector::Zero(1025);
    expect_input_error({}, too_large, sgd_cell(0.01, 1),
                       "the model has d = 1025 parameters; this version runs d ≤ 1024");
    Cell reshuffled = sgd_cell(0.01, 1);
    reshuffled.sampling = Sampling::reshuffle;
    expect_input_error({}, quadratic(2, 1), reshuffled, "reshuffling needs a finite set of training points");
    Cell without = sgd_cell(0.01, 2);
    without.sampling = Sampling::without_replacement;
    EXPECT_NO_THROW(plan_cell({}, quadratic(2, 1), without));
    expect_input_error({}, quadratic(2, 1), sgd_cell(1e-14, 1), "no stationary covariance");
    Experiment endless;
    endless.ensemble.burn_in = std::int64_t{1} << 56;
    expect_input_error(endless, quadratic(2, 1), sgd_cell(0.01, 2), "2^58 words");
}

}  // namespace
}  // namespace stationary
