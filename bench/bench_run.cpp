// Whole experiments, from the file to the text of the results: a real one with fewer chains, and many small cells.
// Counters: cells_per_second, and share_in_chains, the part of the time in which chains were running.

#include "bench/experiment_pass.h"
#include "bench/runner.h"

#include <filesystem>
#include <utility>

namespace stationary::bench {
namespace {

/// An example's path: below the current folder, so that a build can be run beside a copy of the tree, or where the
/// build found it.
std::string example(const std::string& name) {
    const std::string here = "examples/" + name;
    return std::filesystem::exists(here) ? here : STATIONARY_SOURCE_DIR "/" + here;
}

void run_experiment(benchmark::State& state, const Session& session, const std::string& path, Overrides overrides) {
    overrides.set.push_back("run.precision=\"" + to_string(session.options.precision) + "\"");
    PassTotals totals;
    const Stopwatch watch;
    for (auto _ : state) totals += run_pass(session, path, overrides);
    const double seconds = watch.seconds();
    const auto passes = static_cast<double>(state.iterations());
    state.counters["cells_per_second"] = per_second(totals.cells / passes);
    state.counters["component_steps_per_second"] = per_second(totals.component_steps / passes);
    state.counters["training_points_per_second"] = per_second(totals.training_points / passes);
    state.counters["share_in_chains"] = totals.seconds_in_chains / seconds;
    if (session.core_hertz <= 0.0) return;
    set_ceiling(state, totals.component_steps / totals.seconds_at_ceiling, totals.component_steps, seconds);
}

/// Seven batch sizes, under Langevin dynamics and SGD: 14 cells.
void diabetes(benchmark::State& state, const Session& session) {
    Overrides overrides;
    overrides.chains = state.range(0);
    run_experiment(state, session, example("diabetes.toml"), std::move(overrides));
}

/// Batch sizes 1 to n/2 of a 2×2 quadratic, under both dynamics: n cells of 1024 chains and one draw.
void small_cells(benchmark::State& state, const Session& session) {
    Overrides overrides;
    overrides.chains = 1024;
    std::string sizes = "1";
    for (std::int64_t size = 2; size <= state.range(0) / 2; ++size) sizes.append(",").append(std::to_string(size));
    overrides.set = {"sweep.batch_size=[" + sizes + "]", "ensemble.draws=1"};
    run_experiment(state, session, example("quadratic.toml"), std::move(overrides));
}

void register_all(const Session& session) {
    register_benchmark(session, "diabetes", [&session](benchmark::State& state) { diabetes(state, session); })
        ->ArgName("chains")
        ->Arg(1024)
        ->Arg(8192);
    register_benchmark(session, "small_cells", [&session](benchmark::State& state) { small_cells(state, session); })
        ->ArgName("cells")
        ->Arg(16)
        ->Arg(128);
}

}  // namespace
}  // namespace stationary::bench

int main(int count, char** arguments) {
    return stationary::bench::run_benchmarks(count, arguments, &stationary::bench::register_all);
}
