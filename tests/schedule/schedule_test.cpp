#include "host/schedule/schedule.h"

#include "host/schedule/coarse_grid.h"
#include "host/schedule/relaxation.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

constexpr double tolerance = 0.01;

/// A model, a cell and a start, with its map.
struct Case {
    std::string name;
    LossModel model;
    Cell cell;
    Vector initial;
    std::shared_ptr<StateNoise> state_noise;
    std::shared_ptr<MomentMap> map;
};

Case make_case(const std::string& name, const LossModel& model, const Cell& cell, double offset = 0.0) {
    Case result{name, model, cell, Vector::Constant(model.dimension(), offset), nullptr, nullptr};
    const bool needs_noise = model.kind == ModelKind::least_squares && cell.dynamics == Dynamics::sgd;
    if (needs_noise) result.state_noise = std::make_shared<StateNoise>(model);
    result.map = std::make_shared<MomentMap>(result.model, cell, result.state_noise.get());
    return result;
}

std::vector<Case> cases() {
    return {make_case("langevin", quadratic(3, 1), langevin_cell(0.05, 4, 0.5)),
            make_case("sgd", quadratic(2, 2), sgd_cell(0.1, 4)),
            make_case("near the limit", quadratic(2, 2), sgd_cell(1.7 / quadratic(2, 2).hessian.norm(), 4)),
            make_case("momentum 0.99", quadratic(2, 3), sgd_cell(0.05, 1, 0.99)),
            make_case("momentum 0.99 off the minimizer", quadratic(2, 3), sgd_cell(0.05, 1, 0.99), 3.0),
            make_case("nesterov", quadratic(3, 4), sgd_cell(0.02, 1, 0.9, UpdateRule::nesterov), 1.0),
            make_case("ema", quadratic(3, 5), sgd_cell(0.1, 1, 0.9, UpdateRule::ema)),
            make_case("low-rank noise", quadratic(3, 6, 0.2, 1), sgd_cell(0.1, 2)),
            make_case("least squares", least_squares(60, 3, 0.1, 7), sgd_cell(0.05, 1)),
            make_case("least squares off the minimizer", least_squares(60, 3, 0.1, 7), sgd_cell(0.05, 1), 5.0),
            make_case("least squares with momentum", least_squares(60, 2, 0.1, 8), sgd_cell(0.01, 1, 0.95), -2.0)};
}

Matrix stationary_of(const Case& c) {
    MomentPowers powers(*c.map, TrackedMoments::second);
    return powers.stationary_second_moment().value();
}

Schedule schedule_of(const Case& c) {
    MomentPowers powers(*c.map, TrackedMoments::mean_and_second);
    return choose_schedule(powers, *c.map, powers.stationary_second_moment().value(), c.initial, tolerance);
}

/// What a verdict would see of the start, written out: each entry and the mean in the stationary scale, and the trace.
double visible_remainder(const StateMoments& deviation, const Matrix& stationary, Index d) {
    const Matrix p = stationary.topLeftCorner(d, d);
    const Matrix difference = deviation.second.topLeftCorner(d, d);
    double largest = std::abs(p.ldlt().solve(difference).trace()) / static_cast<double>(d);
    for (Index i = 0; i < d; ++i) {
        largest = std::max(largest, std::abs(deviation.mean(i)) / std::sqrt(p(i, i)));
        for (Index j = 0; j < d; ++j)
            largest = std::max(largest, std::abs(difference(i, j)) / std::sqrt(p(i, i) * p(j, j)));
    }
    return largest;
}

StateMoments start_of(const Case& c, const Matrix& stationary) {
    const Index d = c.initial.size();
    StateMoments start{Vector::Zero(stationary.rows()), -stationary};
    start.mean.head(d) = c.initial;
    start.second.topLeftCorner(d, d) += c.initial * c.initial.transpose();
    return start;
}

TEST(CoarseGrid, is_a_power_of_two_in_quarters) {
    const std::vector<std::int64_t> expected = {1,  2,  3,  4,  5,  6,  7,  8,  10, 12, 14,
                                                16, 20, 24, 28, 32, 40, 48, 56, 64, 80};
    std::int64_t t = 1;
    for (const std::int64_t point : expected) {
        EXPECT_EQ(t, point);
        t = next_on_grid(t);
    }
}

TEST(CoarseGrid, rounds_up) {
    EXPECT_EQ(round_up_to_grid(1), 1);
    EXPECT_EQ(round_up_to_grid(9), 10);
    EXPECT_EQ(round_up_to_grid(57), 64);
    EXPECT_EQ(round_up_to_grid(1000000), 1048576);
    EXPECT_EQ(round_up_to_grid((std::int64_t{5} << 40) + 1), std::int64_t{6} << 40);
    for (std::int64_t t = 1; t < 1 << 12; t = next_on_grid(t)) {
        EXPECT_EQ(round_up_to_grid(t), t);
        EXPECT_EQ(round_up_to_grid(t + 1), next_on_grid(t));
    }
}

TEST(Schedule, after_burn_in_the_start_is_forgotten_and_at_half_of_it_it_is_not) {
    for (const Case& c : cases()) {
        const Matrix stationary = stationary_of(c);
        const std::int64_t burn_in = schedule_of(c).burn_in;
        EXPECT_EQ(round_up_to_grid(burn_in), burn_in);
        StateMoments deviation = start_of(c, stationary);
        double later = 0.0;
        double early = 0.0;
        for (std::int64_t t = 0; t <= 4 * burn_in; ++t) {
            const double remainder = visible_remainder(deviation, stationary, c.initial.size());
            if (t >= burn_in / 2 && t <= burn_in * 5 / 8) early = std::max(early, remainder);
            if (t >= burn_in) later = std::max(later, remainder);
            deviation = c.map->apply(deviation);
        }
        EXPECT_LE(later, tolerance / 10) << c.name << " burn_in " << burn_in;
        EXPECT_GT(early, tolerance / 10) << c.name << " burn_in " << burn_in;
    }
}

/// The largest factor that t steps leave of a deviation, by an eigenvalue decomposition.
double worst_factor(const Case& c, const Matrix& stationary, std::int64_t steps) {
    StateMoments deviation{Vector::Zero(stationary.rows()), stationary};
    for (std::int64_t t = 0; t < steps; ++t) deviation = c.map->apply(deviation);
    const Matrix factor = stationary.llt().matrixL();
    const Matrix left = factor.triangularView<Eigen::Lower>().solve(deviation.second);
    const Matrix whitened = factor.triangularView<Eigen::Lower>().solve(left.transpose());
    return Eigen::SelfAdjointEigenSolver<Matrix>(whitened).eigenvalues().cwiseAbs().maxCoeff();
}

TEST(Schedule, a_stride_leaves_three_tenths_of_a_deviation) {
    for (const Case& c : cases()) {
        if (c.name == "low-rank noise") continue;
        const Matrix stationary = stationary_of(c);
        const std::int64_t stride = schedule_of(c).stride;
        EXPECT_EQ(round_up_to_grid(stride), stride);
        EXPECT_LE(worst_factor(c, stationary, stride), stride_remainder) << c.name;
        EXPECT_GT(worst_factor(c, stationary, stride / 2), stride_remainder) << c.name << " stride " << stride;
    }
}

TEST(Schedule, a_start_off_the_minimizer_burns_in_longer) {
    const LossModel model = quadratic(2, 3);
    const Schedule at = schedule_of(make_case("", model, sgd_cell(0.05, 1, 0.99)));
    const Schedule off = schedule_of(make_case("", model, sgd_cell(0.05, 1, 0.99), 3.0));
    // The mean decays at half the rate of the second moments.
    EXPECT_GE(off.burn_in, 2 * at.burn_in);
    EXPECT_EQ(off.stride, at.stride);
}

TEST(Schedule, last_bits_do_not_move_it) {
    for (std::uint64_t seed = 1; seed <= 48; ++seed) {
        LossModel model = seed % 2 == 0 ? quadratic(3, seed) : least_squares(30, 3, 0.1, seed);
        Cell cell = sgd_cell(0.02, 1, seed % 3 == 0 ? 0.9 : 0.0);
        const double offset = seed % 4 == 0 ? 1.0 : 0.0;
        const Schedule before = schedule_of(make_case("", model, cell, offset));
        Uniform uniform(seed + 1000);
        for (Index i = 0; i < 3; ++i) model.hessian(i, i) *= 1.0 + 1e-12 * uniform();
        for (Index i = 0; i < model.features.size(); ++i) model.features.data()[i] *= 1.0 + 1e-12 * uniform();
        model.gradient_noise_covariance *= 1.0 + 1e-12 * uniform();
        cell.learning_rate *= 1.0 + 1e-12 * uniform();
        const Schedule after = schedule_of(make_case("", model, cell, offset));
        EXPECT_EQ(before.burn_in, after.burn_in) << seed;
        EXPECT_EQ(before.stride, after.stride) << seed;
    }
}

TEST(Schedule, frozen_noise_gives_the_same_or_the_neighbouring_grid_point) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const Case c =
            make_case("", least_squares(60, 4, 0.1, seed), sgd_cell(0.002, 1, seed % 2 == 0 ? 0.8 : 0.0), 1.0);
        const Schedule exact = schedule_of(c);
        MomentPowers powers(*c.map, TrackedMoments::mean_and_second, PowerMethod::frozen_noise);
        const Schedule frozen =
            choose_schedule(powers, *c.map, powers.stationary_second_moment().value(), c.initial, tolerance);
        ASSERT_GT(powers.log2_block(), 3);
        EXPECT_LE(frozen.burn_in, next_on_grid(exact.burn_in));
        EXPECT_GE(next_on_grid(frozen.burn_in), exact.burn_in);
        EXPECT_LE(frozen.stride, next_on_grid(exact.stride));
        EXPECT_GE(next_on_grid(frozen.stride), exact.stride);
    }
}

TEST(Schedule, frozen_noise_continues_a_slow_decay_at_its_last_factor) {
    // Close to the mean-square limit the state-dependent noise slows the decay far below that of the mean.
    const LossModel model = least_squares(60, 4, 0.1, 9);
    double rate = 0.2 / model.hessian.trace();
    for (;; rate *= 1.01) {
        const Case next = make_case("", model, sgd_cell(1.01 * rate, 1));
        if (!MomentPowers(*next.map, TrackedMoments::second).stationary_second_moment()) break;
    }
    const Case c = make_case("", model, sgd_cell(rate, 1));
    const Schedule exact = schedule_of(c);
    MomentPowers powers(*c.map, TrackedMoments::second, PowerMethod::frozen_noise);
    const Schedule frozen = choose_schedule(powers, *c.map, stationary_of(c), c.initial, tolerance);
    EXPECT_GT(exact.burn_in, 64 << powers.log2_block());
    EXPECT_LE(frozen.burn_in, next_on_grid(exact.burn_in));
    EXPECT_GE(next_on_grid(frozen.burn_in), exact.burn_in);
}

TEST(Schedule, long_relaxations_are_counted_and_endless_ones_refused) {
    const Schedule slow = schedule_of(make_case("", quadratic(2, 3), sgd_cell(1e-8, 1)));
    EXPECT_GT(slow.burn_in, 100000000);
    const Case endless = make_case("", quadratic(2, 3), sgd_cell(1e-14, 1));
    MomentPowers endless_powers(*endless.map, TrackedMoments::second);
    EXPECT_FALSE(endless_powers.stationary_second_moment());
    EXPECT_THROW(choose_schedule(endless_powers, *endless.map, Matrix::Identity(2, 2), Vector::Zero(2), tolerance),
                 std::domain_error);
}

TEST(Schedule, without_noise_only_the_start_has_to_fade) {
    LossModel model = quadratic(2, 3);
    model.gradient_noise_covariance.setZero();
    EXPECT_EQ(schedule_of(make_case("", model, sgd_cell(0.1, 1))).burn_in, 1);
    const Case off = make_case("", model, sgd_cell(0.1, 1, 0.5), 2.0);
    const std::int64_t burn_in = schedule_of(off).burn_in;
    Vector state = Vector::Zero(4);
    state.head(2) = off.initial;
    for (std::int64_t t = 0; t < burn_in; ++t) state = off.map->transition() * state;
    EXPECT_LE(state.head(2).cwiseAbs().maxCoeff(), 2.0 * tolerance / 10);
}

TEST(RelaxationMeasure, bounds_what_a_verdict_sees_and_never_rises) {
    for (const Case& c : cases()) {
        const Matrix stationary = stationary_of(c);
        const RelaxationMeasure measure(*c.map, stationary, c.initial);
        StateMoments deviation = start_of(c, stationary);
        double lowest = measure(deviation);
        // The Schatten norm lies within (2d)^(1/8) of the norm that cannot rise.
        const double slack = std::pow(static_cast<double>(stationary.rows()), 0.125) * 1.001;
        for (int t = 0; t < 300; ++t) {
            const double value = measure(deviation);
            EXPECT_GE(value * 1.001, visible_remainder(deviation, stationary, c.initial.size())) << c.name << " " << t;
            if (!c.map->has_state_noise()) {
                EXPECT_LE(value, lowest * slack) << c.name << " step " << t;
            }
            lowest = std::min(lowest, value);
            deviation = c.map->apply(deviation);
        }
    }
}

TEST(RelaxationMeasure, the_identity_deviation_measures_its_eigenvalues) {
    const Case c = make_case("", quadratic(4, 13), sgd_cell(0.1, 1));
    const Matrix stationary = stationary_of(c);
    const RelaxationMeasure measure(*c.map, stationary, c.initial);
    EXPECT_NEAR(measure({Vector::Zero(4), -stationary}), std::pow(4.0, 0.125), 1e-6);
    const Vector mode = stationary.col(1) / std::sqrt(stationary(1, 1));
    EXPECT_NEAR(measure({Vector::Zero(4), 0.3 * mode * mode.transpose()}), 0.3, 1e-6);
    EXPECT_NEAR(measure({0.2 * mode, Matrix::Zero(4, 4)}), 0.2, 1e-6);
    EXPECT_FALSE(measure({Vector::Zero(4), Matrix::Constant(4, 4, std::nan(""))}) <= 1.0);
}

}  // namespace
}  // namespace stationary
