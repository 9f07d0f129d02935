#include "host/schedule/epoch_law.h"

#include "host/base/error.h"
#include "host/schedule/coarse_grid.h"
#include "host/schedule/epoch_schedule.h"
#include "host/schedule/moment_powers.h"
#include "host/schedule/schedule.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>
#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

constexpr double tolerance = 0.01;

double relative_difference(const Matrix& a, const Matrix& b) { return (a - b).norm() / b.norm(); }

Cell reshuffled(Cell cell, std::int64_t position = 0) {
    cell.sampling = Sampling::reshuffle;
    cell.epoch_position = position;
    return cell;
}

/// PyTorch's SGD, written as its documentation has it.
Vector pytorch_step(const Cell& cell, const Vector& z, const Vector& gradient) {
    const Index d = gradient.size();
    Vector velocity = z.size() > d ? Vector(z.tail(d)) : Vector::Zero(d);
    velocity = cell.momentum * velocity + (1.0 - cell.dampening) * gradient;
    Vector next(z.size());
    next.head(d) =
        z.head(d) - cell.learning_rate *
                        (cell.update == UpdateRule::nesterov ? Vector(gradient + cell.momentum * velocity) : velocity);
    if (z.size() > d) next.tail(d) = velocity;
    return next;
}

/// E z zᵀ after `steps` steps of an epoch, over every state and every order of the training points.
Matrix enumerated_second_moment(const LossModel& model, const Cell& cell, const std::vector<Vector>& states,
                                std::int64_t steps) {
    std::vector<Index> order(static_cast<std::size_t>(model.training_points()));
    std::iota(order.begin(), order.end(), 0);
    const Index k = states.front().size();
    Matrix sum = Matrix::Zero(k, k);
    double count = 0.0;
    do {
        for (Vector z : states) {
            for (std::int64_t t = 0; t < steps; ++t) {
                Vector gradient = model.hessian * z.head(model.dimension());
                for (std::int64_t b = 0; b < cell.batch_size; ++b)
                    gradient += model.gradient_residuals.row(order[t * cell.batch_size + b]).transpose() /
                                static_cast<double>(cell.batch_size);
                z = pytorch_step(cell, z, gradient);
            }
            sum += z * z.transpose();
            count += 1.0;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return sum / count;
}

struct Sizes {
    Index points;
    std::int64_t batch_size;
};

TEST(EpochLaw, equals_the_enumeration_of_all_orders) {
    // B divides N; B does not (the last batch is dropped); one batch per epoch; the whole set.
    for (const Sizes sizes :
         {Sizes{4, 1}, Sizes{6, 2}, Sizes{5, 2}, Sizes{7, 2}, Sizes{5, 3}, Sizes{4, 4}, Sizes{7, 1}}) {
        const LossModel model = finite_quadratic(sizes.points, 2, 31 + sizes.points);
        for (Cell cell : sgd_cells()) {
            cell.batch_size = sizes.batch_size;
            const std::int64_t steps = sizes.points / sizes.batch_size;
            for (const std::int64_t position : {std::int64_t{0}, steps / 2, steps - 1}) {
                cell = reshuffled(cell, position);
                const MomentMap step(model, cell, nullptr);
                const EpochLaw law(model, cell, step);
                std::vector<Vector> states = some_states(step.state_size(), 32);
                for (int n = 0; n < 3; ++n) states.push_back(-states[n]);
                const Matrix second = moments_of(states).second;
                const MomentMap epoch = law.epoch_map();
                StateMoments next = epoch.apply({Vector::Zero(step.state_size()), second});
                next.second += epoch.source();
                EXPECT_LT(relative_difference(next.second, enumerated_second_moment(model, cell, states, steps)), 1e-12)
                    << describe(cell) << " N=" << sizes.points;
                EXPECT_LT(relative_difference(law.at_position(second),
                                              enumerated_second_moment(model, cell, states, position)),
                          1e-12)
                    << describe(cell) << " N=" << sizes.points;
            }
        }
    }
}

TEST(EpochLaw, keeps_its_digits_where_an_epoch_nearly_cancels) {
    // One parameter, ηhn ≪ 1: Z_0 = η³hn(n+1)c_B R/24 (docs/theory.md, section 6), 10¹² below each term of the first
    // form.
    LossModel model = finite_quadratic(1000, 1, 33);
    model.hessian(0, 0) = 1.0;
    const double rate = 1e-9;
    const Cell cell = reshuffled(sgd_cell(rate, 1));
    const MomentMap step(model, cell, nullptr);
    const MomentMap epoch = EpochLaw(model, cell, step).epoch_map();
    const double n = 1000.0;
    const double noise = model.gradient_noise_covariance(0, 0);
    MomentPowers powers(epoch, TrackedMoments::second);
    const double expected = rate * rate * rate * n * (n + 1.0) * noise / 24.0;
    EXPECT_NEAR(powers.stationary_second_moment().value()(0, 0) / expected, 1.0, 1e-5);
}

/// The second moment at the cell's place, by iterating whole epochs from zero.
Matrix iterated_second_moment(const EpochLaw& law) {
    const MomentMap epoch = law.epoch_map();
    StateMoments moments{Vector::Zero(epoch.state_size()), Matrix::Zero(epoch.state_size(), epoch.state_size())};
    for (int t = 0; t < 20000; ++t) {
        moments = epoch.apply(moments);
        moments.second += epoch.source();
    }
    return law.at_position(moments.second);
}

double visible_remainder(const StateMoments& deviation, const Matrix& stationary, Index d) {
    const Matrix p = stationary.topLeftCorner(d, d);
    const Matrix difference = deviation.second.topLeftCorner(d, d);
    double largest = std::abs(p.ldlt().solve(difference).trace()) / static_cast<double>(d);
    for (Index i = 0; i < d; ++i) {
        largest = std::max(largest, std::abs(deviation.mean(i)) / std::sqrt(stationary(i, i)));
        for (Index j = 0; j < d; ++j)
            largest =
                std::max(largest, std::abs(deviation.second(i, j)) / std::sqrt(stationary(i, i) * stationary(j, j)));
    }
    return largest;
}

TEST(EpochSchedule, after_burn_in_the_start_is_forgotten_and_at_half_of_it_it_is_not) {
    const LossModel model = finite_quadratic(24, 2, 34);
    for (const double offset : {0.0, 1.5})
        for (const double momentum : {0.0, 0.9}) {
            const Cell cell = reshuffled(sgd_cell(0.005, 4, momentum), 2);
            const MomentMap step(model, cell, nullptr);
            const Vector initial = Vector::Constant(2, offset);
            const EpochSchedule found = choose_epoch_schedule(model, cell, step, initial, tolerance);
            const std::int64_t steps = 6;
            const EpochLaw law(model, cell, step);
            EXPECT_LT(relative_difference(*found.second, iterated_second_moment(law)), 1e-8);
            EXPECT_EQ(found.schedule.burn_in % steps, 2);
            EXPECT_EQ(found.schedule.stride % steps, 0);
            const std::int64_t epochs = found.schedule.burn_in / steps;
            EXPECT_EQ(round_up_to_grid(epochs), epochs);
            const MomentMap epoch = law.epoch_map();
            MomentPowers powers(epoch, TrackedMoments::second);
            StateMoments deviation = start_deviation(initial, powers.stationary_second_moment().value());
            double early = 0.0;
            double later = 0.0;
            for (std::int64_t t = 0; t <= 4 * epochs; ++t) {
                const double remainder = visible_remainder(law.deviation_at_position(deviation), *found.second, 2);
                if (t >= epochs / 2 && t <= epochs * 5 / 8) early = std::max(early, remainder);
                if (t >= epochs) later = std::max(later, remainder);
                deviation = epoch.apply(deviation);
            }
            EXPECT_LE(later, tolerance / 10) << describe(cell) << " " << offset;
            EXPECT_GT(early, tolerance / 10) << describe(cell) << " " << offset;
        }
}

TEST(EpochSchedule, a_colder_law_makes_a_start_off_the_minimizer_burn_in_longer) {
    const LossModel model = finite_quadratic(16, 2, 35);
    const Vector initial = Vector::Constant(2, 2.0);
    const Cell cell = reshuffled(sgd_cell(1e-4, 1));
    const MomentMap step(model, cell, nullptr);
    MomentPowers powers(step, TrackedMoments::mean_and_second);
    const Schedule independent =
        choose_schedule(powers, step, powers.stationary_second_moment().value(), initial, tolerance);
    EXPECT_GT(choose_epoch_schedule(model, cell, step, initial, tolerance).schedule.burn_in,
              independent.burn_in + independent.burn_in / 2);
}

TEST(EpochSchedule, state_dependent_noise_makes_it_as_long_as_for_independent_batches) {
    const LossModel model = least_squares(40, 3, 0.1, 36);
    const StateNoise noise(model);
    double rate = 0.02;  // towards the mean-square limit, where that noise slows the decay
    for (;; rate *= 1.02) {
        const MomentMap next(model, reshuffled(sgd_cell(1.02 * rate, 1)), &noise);
        if (!MomentPowers(next, TrackedMoments::second).stationary_second_moment()) break;
    }
    const Cell cell = reshuffled(sgd_cell(rate, 1), 7);
    const MomentMap step(model, cell, &noise);
    const Vector initial = Vector::Zero(3);
    MomentPowers powers(step, TrackedMoments::second);
    const Schedule independent =
        choose_schedule(powers, step, powers.stationary_second_moment().value(), initial, tolerance);
    const EpochSchedule found = choose_epoch_schedule(model, cell, step, initial, tolerance);
    EXPECT_GE(found.schedule.burn_in, independent.burn_in);
    EXPECT_LE(found.schedule.burn_in, 2 * independent.burn_in + 80);
    EXPECT_EQ(found.schedule.burn_in % 40, 7);
    EXPECT_GE(found.schedule.stride, independent.stride);
    // Past the limit there is no schedule.
    const MomentMap unstable(model, reshuffled(sgd_cell(1.1 * rate, 1)), &noise);
    EXPECT_FALSE(choose_epoch_schedule(model, cell, unstable, initial, tolerance).second);
}

TEST(EpochSchedule, whole_epochs) {
    const LossModel model = finite_quadratic(17, 2, 37);
    const Cell cell = reshuffled(sgd_cell(0.1, 5), 2);  // 3 steps
    const Schedule rounded = in_whole_epochs(model, cell, {1000, 100});
    EXPECT_EQ(rounded.burn_in, 1001);
    EXPECT_EQ(rounded.stride, 102);
    EXPECT_EQ(in_whole_epochs(model, cell, {0, 1}).burn_in, 2);
    EXPECT_EQ(in_whole_epochs(model, cell, {0, 1}).stride, 3);
    EXPECT_EQ(in_whole_epochs(model, cell, {2, 3}).burn_in, 2);
}

}  // namespace
}  // namespace stationary
