#include "kernels/launch/launch_map.h"

#include "kernels/interface/backend.h"
#include "kernels/models/finite_quadratic_oracle.h"
#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/models/least_squares_oracle.h"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/langevin_stepper.h"
#include "kernels/steps/sgd_stepper.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/host_launch.h"
#include "tests/kernel_support/same_moments.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace stationary {
namespace {

using backend_contract::run;
using chain_programs::Momentum;
using host_launch::Cuts;
using same_moments::expect_same_moments;

template <class Lanes, int D>
using QuadraticSgdStepper = SgdStepper<Lanes, D, QuadraticOracle>;
template <class Lanes, int D>
using LeastSquaresSgdStepper = SgdStepper<Lanes, D, LeastSquaresOracle>;
template <class Lanes, int D>
using FiniteQuadraticSgdStepper = SgdStepper<Lanes, D, FiniteQuadraticOracle>;
template <class Lanes, int D>
using GaussianRegressionSgdStepper = SgdStepper<Lanes, D, GaussianRegressionOracle>;

TEST(LaunchMap, every_chain_has_exactly_one_valid_place) {
    const std::int64_t first_shard = (std::int64_t{1} << 33) + 5;  // chain ids beyond 2³²
    for (const int threads : {32, 64, 128}) {
        for (const std::int64_t shard_chains : {1, 37, 127, 128, 129, 300}) {
            for (const std::int64_t shards : {1, 3}) {
                const LaunchMap map = make_launch_map(first_shard, shards, shard_chains, threads);
                std::set<std::int64_t> slots;
                for (std::int64_t block = 0; block < map.blocks(); ++block) {
                    for (int thread = 0; thread < threads; ++thread) {
                        const ChainPlace place = chain_place(map, block, threads, thread);
                        if (!place.valid) continue;
                        EXPECT_TRUE(slots.insert(place.slot).second);
                        EXPECT_EQ(place.chain, static_cast<std::uint64_t>(first_shard * shard_chains + place.slot));
                        EXPECT_EQ(place.shard, place.slot / shard_chains);
                        EXPECT_EQ(place.shard, block / map.blocks_per_shard);
                    }
                }
                EXPECT_EQ(slots.size(), static_cast<std::size_t>(map.chains()));
                EXPECT_EQ(*slots.begin(), 0);
                EXPECT_EQ(*slots.rbegin(), map.chains() - 1);
            }
        }
    }
}

/// The cuts that every program below is run with: one launch, single steps, ends on, before and after a draw; the draws
/// are the states after steps 5, 9 and 13.
std::vector<Cuts> all_cuts() {
    return {{{13}, 256, false},
            {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, 256, true},
            {{5, 9, 13}, 1, false},
            {{4, 8, 12, 13}, 2, true},
            {{6, 13}, 1, true}};
}

template <class Scalar, int D, template <class, int> class Stepper, Velocity velocity, int Threads, int exact>
void expect_cpu_moments(const CellProgram& program, ShardRange range, const std::vector<ShardMoments>& expected,
                        const std::vector<Cuts>& cuts) {
    for (std::size_t k = 0; k < cuts.size(); ++k) {
        SCOPED_TRACE("threads " + std::to_string(Threads) + ", cuts " + std::to_string(k));
        host_launch::HostLaunch<Scalar, D, Stepper, velocity, Threads, NormalMap::reproducible, exact> launch(program,
                                                                                                              range);
        expect_same_moments(launch.run(cuts[k]), expected);
    }
}

/// The kernel's body in loops over blocks and threads gives the CPU backend's moments, however it is cut.
template <class Scalar, int D, template <class, int> class Stepper, Velocity velocity, int exact = 0>
void expect_cpu_moments(CellProgram program, const std::vector<Cuts>& cuts = all_cuts()) {
    program.double_precision = sizeof(Scalar) == 8;
    const auto cpu = make_cpu_backend(1, SimdLevel::generic);
    const std::int64_t across_2_32 =
        (std::int64_t{1} << 32) / program.shard_chains;  // this shard's chain ids cross 2³²
    for (const std::int64_t first : {std::int64_t{0}, across_2_32}) {
        const ShardRange range{first, first + 2};
        const auto expected = run(*cpu, program, range);
        expect_cpu_moments<Scalar, D, Stepper, velocity, 32, exact>(program, range, expected, cuts);
        expect_cpu_moments<Scalar, D, Stepper, velocity, 64, exact>(program, range, expected, cuts);
    }
}

TEST(HostLaunch, langevin) {
    expect_cpu_moments<float, 1, LangevinStepper, Velocity::none>(chain_programs::langevin(1));
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(chain_programs::langevin(3));
    expect_cpu_moments<float, 12, LangevinStepper, Velocity::none>(chain_programs::langevin(10));
    expect_cpu_moments<double, 4, LangevinStepper, Velocity::none>(chain_programs::langevin(3));
}

TEST(HostLaunch, quadratic_sgd_with_momentum) {
    const auto program = [](int d) { return chain_programs::quadratic(d, 3, Momentum::heavy_ball); };
    expect_cpu_moments<float, 1, QuadraticSgdStepper, Velocity::kept>(program(1));
    expect_cpu_moments<float, 4, QuadraticSgdStepper, Velocity::kept>(program(3));
    expect_cpu_moments<float, 12, QuadraticSgdStepper, Velocity::kept>(program(10));
    expect_cpu_moments<double, 4, QuadraticSgdStepper, Velocity::kept>(program(3));
}

TEST(HostLaunch, least_squares_sgd_with_momentum) {
    const auto program = [](int d) { return chain_programs::least_squares(d, 53, 5, Momentum::nesterov); };
    expect_cpu_moments<float, 1, LeastSquaresSgdStepper, Velocity::kept>(program(1));
    expect_cpu_moments<float, 4, LeastSquaresSgdStepper, Velocity::kept>(program(3));
    expect_cpu_moments<float, 12, LeastSquaresSgdStepper, Velocity::kept>(program(10));
    expect_cpu_moments<double, 4, LeastSquaresSgdStepper, Velocity::kept>(program(3));
}

TEST(HostLaunch, dimensions_with_kernels_of_their_own) {
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none, 3>(chain_programs::langevin(3));
    expect_cpu_moments<float, 12, LangevinStepper, Velocity::none, 10>(chain_programs::langevin(10));
    expect_cpu_moments<float, 8, QuadraticSgdStepper, Velocity::kept, 5>(
        chain_programs::quadratic(5, 3, Momentum::nesterov));
    expect_cpu_moments<float, 8, GaussianRegressionSgdStepper, Velocity::kept, 6>(
        chain_programs::gaussian_regression(6, 2, Momentum::nesterov));
}

/// States too long for the registers lie in memory (state_place), the place of a double gradient and rows too.
TEST(HostLaunch, states_in_memory) {
    const std::vector<Cuts> cuts{{{13}, 256, false}, {{1, 5, 12, 13}, 1, true}};
    static_assert(state_place(24, Velocity::kept, 4) == StatePlace::in_memory);
    static_assert(state_place(16, Velocity::kept, 4) == StatePlace::registers);
    static_assert(state_place(24, Velocity::none, 8) == StatePlace::position_in_memory);
    expect_cpu_moments<double, 32, LangevinStepper, Velocity::none>(chain_programs::langevin(25), cuts);
    expect_cpu_moments<float, 24, QuadraticSgdStepper, Velocity::kept>(
        chain_programs::quadratic(21, 2, Momentum::nesterov), cuts);
    expect_cpu_moments<double, 12, FiniteQuadraticSgdStepper, Velocity::kept>(
        chain_programs::finite_quadratic(11, 7, 2, Momentum::heavy_ball), cuts);
    expect_cpu_moments<double, 32, FiniteQuadraticSgdStepper, Velocity::kept>(
        chain_programs::weighted_sum(chain_programs::with_sampling(
            chain_programs::finite_quadratic(26, 7, 2, Momentum::none), BatchSampling::reshuffle)),
        cuts);
    expect_cpu_moments<float, 32, LeastSquaresSgdStepper, Velocity::kept>(
        chain_programs::least_squares(32, 53, 5, Momentum::nesterov), cuts);
    expect_cpu_moments<double, 32, LeastSquaresSgdStepper, Velocity::kept>(
        chain_programs::least_squares(27, 53, 5, Momentum::nesterov), cuts);
    expect_cpu_moments<double, 16, GaussianRegressionSgdStepper, Velocity::kept>(
        chain_programs::gaussian_regression(15, 3, Momentum::heavy_ball), cuts);
}

/// Launches that end inside an epoch of three steps, of which each leaves a training point over.
TEST(HostLaunch, finite_quadratic_sgd_under_every_sampling) {
    for (const BatchSampling sampling :
         {BatchSampling::with_replacement, BatchSampling::without_replacement, BatchSampling::reshuffle}) {
        const auto program = [&](int d) {
            return chain_programs::with_sampling(chain_programs::finite_quadratic(d, 7, 2, Momentum::heavy_ball),
                                                 sampling);
        };
        expect_cpu_moments<float, 4, FiniteQuadraticSgdStepper, Velocity::kept>(program(3));
        expect_cpu_moments<double, 4, FiniteQuadraticSgdStepper, Velocity::kept>(program(3));
    }
}

TEST(HostLaunch, least_squares_sgd_reshuffled) {
    const CellProgram program = chain_programs::least_squares(3, 53, 5, Momentum::none);
    expect_cpu_moments<float, 4, LeastSquaresSgdStepper, Velocity::kept>(
        chain_programs::with_sampling(program, BatchSampling::reshuffle));
}

TEST(HostLaunch, gaussian_regression_sgd) {
    const auto program = [](int d) { return chain_programs::gaussian_regression(d, 3, Momentum::nesterov); };
    expect_cpu_moments<float, 1, GaussianRegressionSgdStepper, Velocity::kept>(program(1));
    expect_cpu_moments<float, 12, GaussianRegressionSgdStepper, Velocity::kept>(program(9));
    expect_cpu_moments<double, 4, GaussianRegressionSgdStepper, Velocity::kept>(program(3));
}

TEST(HostLaunch, weighted_steps_with_frozen_gradients) {
    expect_cpu_moments<float, 4, QuadraticSgdStepper, Velocity::kept>(
        chain_programs::weighted_sum(chain_programs::quadratic(3, 2, Momentum::none)));
    expect_cpu_moments<float, 4, FiniteQuadraticSgdStepper, Velocity::kept>(
        chain_programs::weighted_sum(chain_programs::with_sampling(
            chain_programs::finite_quadratic(3, 7, 2, Momentum::none), BatchSampling::reshuffle)));
}

/// With fast normals there is no CPU to compare with, but the cuts still must not show.
template <int D, template <class, int> class Stepper, Velocity velocity>
void expect_same_fast_moments(CellProgram program) {
    program.fast_normals = true;
    host_launch::HostLaunch<float, D, Stepper, velocity, 32, NormalMap::fast> whole(program, {0, 2});
    const auto expected = whole.run(all_cuts().front());
    for (const Cuts& cuts : all_cuts()) {
        host_launch::HostLaunch<float, D, Stepper, velocity, 64, NormalMap::fast> launch(program, {0, 2});
        expect_same_moments(launch.run(cuts), expected);
    }
}

TEST(HostLaunch, fast_normals) {
    expect_same_fast_moments<1, LangevinStepper, Velocity::none>(chain_programs::langevin(1));
    expect_same_fast_moments<4, LangevinStepper, Velocity::none>(chain_programs::langevin(3));
    expect_same_fast_moments<4, QuadraticSgdStepper, Velocity::kept>(
        chain_programs::quadratic(3, 3, Momentum::heavy_ball));
    expect_same_fast_moments<4, GaussianRegressionSgdStepper, Velocity::kept>(
        chain_programs::gaussian_regression(3, 3, Momentum::nesterov));
}

TEST(HostLaunch, odd_shard_sizes) {
    for (const std::int64_t shard_chains : {1, 31, 32, 33, 65}) {
        SCOPED_TRACE(shard_chains);
        CellProgram program = chain_programs::langevin(3);
        program.shard_chains = shard_chains;
        expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(program);
    }
}

TEST(HostLaunch, a_diverged_chain_counts_once_however_its_draws_fall_into_launches) {
    const CellProgram program = same_moments::diverging(chain_programs::langevin(3));
    const auto moments = run(*make_cpu_backend(1, SimdLevel::generic), program, {0, 1});
    ASSERT_EQ(moments[0].diverged_chains, program.shard_chains);
    ASSERT_EQ(moments[0].finite_draws, program.shard_chains)
        << "two draws of each chain are bad, in different launches";
    ASSERT_EQ(moments[0].first_bad_step, 9);
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(program);
}

TEST(HostLaunch, saturated_draws) {
    const CellProgram program = same_moments::saturating(chain_programs::langevin(3));
    const auto moments = run(*make_cpu_backend(1, SimdLevel::generic), program, {0, 1});
    ASSERT_GT(moments[0].saturated_draws, 0);
    ASSERT_LT(moments[0].saturated_draws, program.shard_chains * program.draws);
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(program);
}

TEST(HostLaunch, a_draw_before_any_step) {
    CellProgram program = chain_programs::langevin(3);
    program.burn_in = 0;
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(program, {{{8}, 256, false}, {{1, 4, 8}, 1, true}});
    program.draws = 1;
    expect_cpu_moments<float, 4, LangevinStepper, Velocity::none>(program, {{{0}, 256, false}});
}

}  // namespace
}  // namespace stationary
