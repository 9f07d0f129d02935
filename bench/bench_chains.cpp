// Throughput of the chain kernels by dimension and batch size, for `./bench_chains --benchmark_format=json` on any
// machine. Counters: component_steps_per_second (one coordinate of one chain, one step) and training_points_per_second.

#include "bench/programs.h"
#include "kernels/backend.h"

#include <benchmark/benchmark.h>

#include <cstdint>

namespace {

using namespace stationary;

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

void langevin(benchmark::State& state) { run(state, bench::langevin_program(static_cast<int>(state.range(0)))); }

void sgd_quadratic(benchmark::State& state) {
    run(state, bench::quadratic_sgd_program(static_cast<int>(state.range(0)), state.range(1)));
}

void sgd_least_squares(benchmark::State& state) {
    run(state, bench::least_squares_program(static_cast<int>(state.range(0)), 442, state.range(1)));
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
