// What the moment sums cost: the same chains drawn at every step, every 100 steps, and once at the end. Each pass runs
// beside one with a single draw; share_of_time is what the draws add, as a part of the whole.

#include "bench/programs.h"
#include "bench/runner.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace stationary::bench {
namespace {

double seconds_of(const Session& session, const Workload& workload) {
    const Stopwatch watch;
    run_once(session, workload);
    return watch.seconds();
}

/// Both passes in turn, so that a machine that slows down slows both; the fastest of each count, since other work can
/// only add time.
void compare_with_one_draw(benchmark::State& state, const Session& session, const Workload& workload) {
    Workload one_draw = workload;
    set_steps(one_draw.program, workload.program.steps(), 1, 1);
    double total = 0.0;
    double fastest = std::numeric_limits<double>::infinity();
    double fastest_without = seconds_of(session, one_draw);
    for (auto _ : state) {
        fastest_without = std::min(fastest_without, seconds_of(session, one_draw));
        const double seconds = seconds_of(session, workload);
        fastest = std::min(fastest, seconds);
        total += seconds;
        state.SetIterationTime(seconds);
    }
    set_counters(state, session, workload, total / static_cast<double>(state.iterations()));
    state.counters["share_of_time"] = 1.0 - fastest_without / fastest;
    state.counters["draws_per_second"] =
        per_second(static_cast<double>(workload.shards * workload.program.shard_chains * workload.program.draws));
}

/// Chains drawn every `stride` steps; 0: once.
Workload drawn_chains(const Session& session, CellProgram program, std::int64_t stride) {
    Workload workload = sized_workload(std::move(program), session);
    const std::int64_t steps = workload.program.steps();
    set_steps(workload.program, steps, stride > 0 ? stride : steps, steps);
    return workload;
}

void register_strides(const Session& session, const std::string& name, CellProgram (*make)()) {
    const bool once = session.options.style == RunStyle::profile;
    const auto body = [&session, make, once](benchmark::State& state) {
        const Workload workload = drawn_chains(session, make(), state.range(0));
        (once ? run_workload : compare_with_one_draw)(state, session, workload);
    };
    auto* const registered = register_benchmark(session, name, body, once ? Clock::wall : Clock::reported);
    registered->ArgName("stride")->Arg(1)->Arg(100)->Arg(0);
}

CellProgram langevin_2() { return langevin_program(2); }
CellProgram langevin_8() { return langevin_program(8); }
CellProgram langevin_32() { return langevin_program(32); }
CellProgram least_squares() { return least_squares_program(10, 442, 1); }

/// Nesterov's cells record v·Hδ too.
CellProgram nesterov_quadratic() {
    CellProgram program = nesterov(quadratic_sgd_program(8, 1), 0.9);
    program.pull_scale = 65536.0;
    return program;
}

void register_all(const Session& session) {
    register_strides(session, "langevin_d2", &langevin_2);
    register_strides(session, "langevin_d8", &langevin_8);
    register_strides(session, "langevin_d32", &langevin_32);
    register_strides(session, "least_squares_d10", &least_squares);
    register_strides(session, "nesterov_d8", &nesterov_quadratic);
}

}  // namespace
}  // namespace stationary::bench

int main(int count, char** arguments) {
    return stationary::bench::run_benchmarks(count, arguments, &stationary::bench::register_all);
}
