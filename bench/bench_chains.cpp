// Throughput of the chain kernels by dimension and batch size, for `./bench_chains --benchmark_format=json` on any
// machine. Counters: component_steps_per_second (one coordinate of one chain, one step) and training_points_per_second.

#include "kernels/backend.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>

namespace {

using namespace stationary;

CellProgram common_program(int dimension) {
    CellProgram p;
    const auto d = static_cast<std::size_t>(dimension);
    p.dimension = dimension;
    p.key = 1;
    p.initial.assign(d, 0.0);
    p.centre.assign(d, 0.0);
    p.scale.assign(d, 65536.0);
    p.burn_in = 1000;
    p.stride = 100;
    p.draws = 8;
    p.shard_chains = 1024;
    return p;
}

/// A tridiagonal Hessian and a full lower-triangular noise factor.
CellProgram quadratic_program(int dimension) {
    CellProgram p = common_program(dimension);
    const auto d = static_cast<std::size_t>(dimension);
    p.step_size = 0.1;
    p.hessian.assign(d * d, 0.0);
    p.noise_factor.assign(d * d, 0.0);
    for (std::size_t i = 0; i < d; ++i) {
        p.hessian[i * d + i] = 1.0;
        if (i > 0) p.hessian[i * d + i - 1] = p.hessian[(i - 1) * d + i] = 0.2;
        for (std::size_t j = 0; j <= i; ++j) p.noise_factor[i * d + j] = 0.1 / static_cast<double>(1 + i - j);
    }
    return p;
}

/// A data set of plane waves: bounded, and of full rank.
CellProgram least_squares_program(int dimension, int training_points) {
    CellProgram p = common_program(dimension);
    p.oracle = Oracle::least_squares;
    p.training_points = training_points;
    p.step_size = 0.01;
    p.ridge = 0.1;
    p.ridge_gradient.assign(static_cast<std::size_t>(dimension), 0.0);
    for (int n = 0; n < training_points; ++n) {
        for (int i = 0; i < dimension; ++i) p.features.push_back(std::sin(0.7 * (n + 1) * (i + 1)));
        p.residuals.push_back(std::cos(1.3 * (n + 1)));
    }
    return p;
}

void run(benchmark::State& state, const CellProgram& program) {
    constexpr std::int64_t shards = 4;
    const auto backend = make_cpu_backend(1, best_simd_level());
    for (auto _ : state) {
        backend->run(program, {0, shards}, [](ShardMoments&& moments) {
            benchmark::DoNotOptimize(moments.finite_draws);
            return true;
        });
    }
    const auto steps = static_cast<double>(shards * program.shard_chains * program.steps());
    const auto rate = [&](double per_step) {
        return benchmark::Counter(steps * per_step, benchmark::Counter::kIsIterationInvariantRate);
    };
    state.counters["component_steps_per_second"] = rate(program.dimension);
    if (program.stepper == Stepper::sgd) {
        state.counters["training_points_per_second"] = rate(static_cast<double>(program.batch_size));
    }
    state.SetLabel(to_string(best_simd_level()) + ", 1 thread");
}

void langevin(benchmark::State& state) {
    CellProgram program = quadratic_program(static_cast<int>(state.range(0)));
    program.stepper = Stepper::langevin;
    run(state, program);
}

void sgd_quadratic(benchmark::State& state) {
    CellProgram program = quadratic_program(static_cast<int>(state.range(0)));
    program.batch_size = state.range(1);
    run(state, program);
}

void sgd_least_squares(benchmark::State& state) {
    CellProgram program = least_squares_program(static_cast<int>(state.range(0)), 442);
    program.batch_size = state.range(1);
    run(state, program);
}

BENCHMARK(langevin)->ArgName("d")->Arg(1)->Arg(2)->Arg(8)->Arg(10)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK(sgd_quadratic)->ArgNames({"d", "B"})->Args({2, 4})->Args({10, 4})->Unit(benchmark::kMillisecond);
BENCHMARK(sgd_least_squares)
    ->ArgNames({"d", "B"})
    ->Args({10, 1})
    ->Args({10, 8})
    ->Args({10, 64})
    ->Unit(benchmark::kMillisecond);

}  // namespace
