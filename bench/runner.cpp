#include "bench/runner.h"

#include "bench/ceiling/step_counts.h"

#include <utility>

namespace stationary::bench {
namespace {

/// Full tables of this dimension and more are a matrix product first, and noise second.
constexpr int matrix_dimension = 16;

void set_peak(benchmark::State& state, const Session& session, const Workload& workload, double pass_seconds) {
    const double operations = workload.chain_steps() * matrix_operations(workload.program);
    const int bytes = workload.program.double_precision ? 8 : 4;
    const double peak = session.speed().cores * session.core_hertz * peak_operations_per_cycle(session.simd, bytes);
    state.counters["flops_per_second"] = per_second(operations);
    state.counters["fraction_of_peak"] = operations / pass_seconds / peak;
}

}  // namespace

benchmark::Counter per_second(double amount) { return {amount, benchmark::Counter::kIsIterationInvariantRate}; }

void run_once(const Session& session, const Workload& workload) {
    session.backend->run(workload.program, {0, workload.shards}, [](ShardMoments&& moments) {
        benchmark::DoNotOptimize(moments.finite_draws);
        return true;
    });
}

void set_ceiling(benchmark::State& state, double ceiling, double amount, double pass_seconds) {
    state.counters["ceiling"] = ceiling;
    state.counters["fraction_of_ceiling"] = amount / pass_seconds / ceiling;
}

void set_counters(benchmark::State& state, const Session& session, const Workload& workload, double pass_seconds) {
    const CellProgram& program = workload.program;
    const bool sgd = program.stepper == Stepper::sgd;
    const double components = workload.chain_steps() * program.dimension;
    const double points = workload.chain_steps() * static_cast<double>(program.batch_size);
    state.counters["component_steps_per_second"] = per_second(components);
    if (sgd) state.counters["training_points_per_second"] = per_second(points);
    if (session.core_hertz <= 0.0) return;
    const double chain_steps_per_second = ceiling_chain_steps_per_second(program, session.simd, session.speed());
    const double amount = sgd ? points : components;
    set_ceiling(state, chain_steps_per_second * amount / workload.chain_steps(), amount, pass_seconds);
    if (!sgd && program.dimension >= matrix_dimension && matrix_operations(program) > 4 * program.dimension) {
        set_peak(state, session, workload, pass_seconds);
    }
}

void run_workload(benchmark::State& state, const Session& session, const Workload& workload) {
    const Stopwatch watch;
    for (auto _ : state) run_once(session, workload);
    set_counters(state, session, workload, watch.seconds() / static_cast<double>(state.iterations()));
}

benchmark::internal::Benchmark* register_workload(const Session& session, const std::string& name,
                                                  std::function<Workload(const benchmark::State&)> make) {
    return register_benchmark(session, name, [&session, make = std::move(make)](benchmark::State& state) {
        run_workload(state, session, make(state));
    });
}

}  // namespace stationary::bench
