// SGD chains by model, dimension d, batch size B, number of training points N, momentum and sampling, and how time
// grows with the number of chain-steps. mu is in percent: Google Benchmark's arguments are integers.

#include "bench/programs.h"
#include "bench/runner.h"

#include <utility>
#include <vector>

namespace stationary::bench {
namespace {

using Cases = std::vector<std::vector<std::int64_t>>;

double momentum_of(std::int64_t percent) { return 0.01 * static_cast<double>(percent); }

void register_cases(const Session& session, const char* name, const std::vector<std::string>& arguments,
                    const Cases& cases, std::function<CellProgram(const benchmark::State&)> program) {
    auto* const registered =
        register_workload(session, name, [&session, program = std::move(program)](const benchmark::State& state) {
            return sized_workload(program(state), session);
        });
    registered->ArgNames(arguments);
    for (const auto& values : cases) registered->Args(values);
}

void register_streaming(const Session& session) {
    const std::vector<std::string> arguments{"d", "B", "mu"};
    const Cases cases{{1, 1, 0},  {2, 1, 0},  {2, 4, 0},   {8, 1, 0},  {8, 1, 90},
                      {10, 8, 0}, {32, 1, 0}, {32, 8, 90}, {128, 8, 0}};
    register_cases(session, "quadratic", arguments, cases, [](const benchmark::State& state) {
        return quadratic_sgd_program(static_cast<int>(state.range(0)), state.range(1), momentum_of(state.range(2)));
    });
    register_cases(session, "gaussian_regression", arguments, cases, [](const benchmark::State& state) {
        return gaussian_regression_program(static_cast<int>(state.range(0)), state.range(1),
                                           momentum_of(state.range(2)));
    });
}

using FiniteProgram = CellProgram (*)(int, int, std::int64_t, double, BatchSampling);

CellProgram finite_program(FiniteProgram make, const benchmark::State& state, BatchSampling sampling) {
    return make(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), state.range(2),
                momentum_of(state.range(3)), sampling);
}

void register_finite(const Session& session, const std::string& name, FiniteProgram make) {
    const std::vector<std::string> arguments{"d", "N", "B", "mu"};
    const auto with = [make](BatchSampling sampling) {
        return [make, sampling](const benchmark::State& state) { return finite_program(make, state, sampling); };
    };
    register_cases(session, name.c_str(), arguments,
                   {{1, 442, 1, 0},
                    {2, 442, 8, 0},
                    {8, 442, 8, 0},
                    {10, 442, 1, 0},
                    {10, 442, 1, 90},
                    {10, 442, 8, 0},
                    {10, 442, 8, 90},
                    {10, 442, 64, 0},
                    {32, 442, 8, 0},
                    {128, 442, 8, 0},
                    {10, 10'000, 8, 0},
                    {10, 1'000'000, 8, 0}},
                   with(BatchSampling::with_replacement));
    const Cases few{{10, 442, 8, 0}, {10, 1'000'000, 8, 0}};
    register_cases(session, (name + "_without_replacement").c_str(), arguments, few,
                   with(BatchSampling::without_replacement));
    register_cases(session, (name + "_reshuffle").c_str(), arguments, few, with(BatchSampling::reshuffle));
}

void register_growth(const Session& session) {
    auto* const growth = register_workload(session, "growth", [&session](const benchmark::State& state) {
        CellProgram program = least_squares_program(10, 442, 1);
        set_precision(program, session);
        return growth_workload(std::move(program), static_cast<int>(state.range(0)));
    });
    growth->ArgName("log2_chain_steps");
    for (const std::int64_t exponent : {16, 20, 24, 27, 30}) growth->Arg(exponent);
}

void register_all(const Session& session) {
    register_streaming(session);
    register_finite(session, "least_squares", &least_squares_program);
    register_finite(session, "finite_quadratic", &finite_quadratic_program);
    register_growth(session);
}

}  // namespace
}  // namespace stationary::bench

int main(int count, char** arguments) {
    return stationary::bench::run_benchmarks(count, arguments, &stationary::bench::register_all);
}
