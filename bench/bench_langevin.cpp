// Langevin chains by dimension, with full and with diagonal H and F, and how time grows with the number of chain-steps.

#include "bench/programs.h"
#include "bench/runner.h"

namespace stationary::bench {
namespace {

constexpr std::int64_t dimensions[] = {1, 2, 4, 8, 10, 16, 32, 128};
constexpr std::int64_t growth_exponents[] = {16, 20, 24, 27, 30};

int dimension_of(const benchmark::State& state) { return static_cast<int>(state.range(0)); }

void register_by_dimension(const Session& session, const char* name, CellProgram (*program)(int)) {
    auto* const registered = register_workload(session, name, [&session, program](const benchmark::State& state) {
        return sized_workload(program(dimension_of(state)), session);
    });
    registered->ArgName("d");
    for (const std::int64_t d : dimensions) registered->Arg(d);
}

void register_all(const Session& session) {
    register_by_dimension(session, "langevin", &langevin_program);
    register_by_dimension(session, "langevin_diagonal", &diagonal_langevin_program);
    auto* const growth = register_workload(session, "growth", [&session](const benchmark::State& state) {
        CellProgram program = langevin_program(2);
        set_precision(program, session);
        return growth_workload(std::move(program), static_cast<int>(state.range(0)));
    });
    growth->ArgName("log2_chain_steps");
    for (const std::int64_t exponent : growth_exponents) growth->Arg(exponent);
}

}  // namespace
}  // namespace stationary::bench

int main(int count, char** arguments) {
    return stationary::bench::run_benchmarks(count, arguments, &stationary::bench::register_all);
}
