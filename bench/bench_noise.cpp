// Random words and normals: as the kernels of each SIMD level make them, and inside chains on either backend. Counters:
// words_per_second, normals_per_second.

#include "bench/ceiling/noise_counts.h"
#include "bench/ceiling/port_table.h"
#include "bench/noise_functions.h"
#include "bench/programs.h"
#include "bench/runner.h"

#include <string>
#include <vector>

namespace stationary::bench {
namespace {

/// What a call makes and what it is counted as.
template <class Number>
struct Family {
    const char* name;
    const char* counter;
    void (*NoiseFunctions::*make)(std::uint64_t, std::uint64_t, std::int64_t, Number*);
    PrimitiveCounts (*needed)(double count);
};

/// Numbers are written to a buffer that stays in the first-level cache.
constexpr std::int64_t blocks_per_call = 64;

template <class Number>
void make_noise(benchmark::State& state, const Session& session, const NoiseFunctions& functions,
                const Family<Number>& family) {
    constexpr std::int64_t calls = 256;
    const std::int64_t numbers = 4 * blocks_per_call * functions.lanes;
    std::vector<Number> out(static_cast<std::size_t>(numbers));
    std::uint64_t block = 0;
    const Stopwatch watch;
    for (auto _ : state) {
        for (std::int64_t call = 0; call < calls; ++call) {
            (functions.*family.make)(1, block, blocks_per_call, out.data());
            block += blocks_per_call;
            benchmark::ClobberMemory();
        }
    }
    const double pass_seconds = watch.seconds() / static_cast<double>(state.iterations());
    const auto made = static_cast<double>(calls * numbers);
    state.counters[family.counter] = per_second(made);
    if (session.core_hertz <= 0.0) return;
    const double cycles_each = port_cycles(family.needed(1.0), functions.level) / functions.lanes;
    set_ceiling(state, session.core_hertz / cycles_each, made, pass_seconds);
}

template <class Number>
void register_family(const Session& session, const NoiseFunctions& functions, const Family<Number>& family) {
    const std::string name = std::string(family.name) + '/' + to_string(functions.level);
    register_benchmark(session, name, [&session, &functions, family](benchmark::State& state) {
        make_noise(state, session, functions, family);
    });
}

/// All levels that this processor runs, or the one that was asked for.
std::vector<const NoiseFunctions*> levels_of(const Session& session) {
    std::vector<const NoiseFunctions*> levels{&noise_functions_generic};
#if defined(__x86_64__)
    levels.push_back(&noise_functions_avx2);
    levels.push_back(&noise_functions_avx512);
#endif
    std::erase_if(levels, [&](const NoiseFunctions* functions) {
        return !simd_level_available(functions->level) ||
               (session.options.backend.simd && functions->level != session.simd);
    });
    return levels;
}

/// Normals inside chains: SGD on a quadratic with d = 4 and B = 64 makes 256 per step and does little else.
Workload noisy_chains(const Session& session) { return sized_workload(quadratic_sgd_program(4, 64), session); }

void chain_normals(benchmark::State& state, const Session& session, const Workload& workload) {
    run_workload(state, session, workload);
    const double normals_per_step = workload.program.dimension * static_cast<double>(workload.program.batch_size);
    state.counters["normals_per_second"] = per_second(workload.chain_steps() * normals_per_step);
}

void register_all(const Session& session) {
    if (session.on_cpu()) {
        for (const NoiseFunctions* functions : levels_of(session)) {
            register_family<std::uint32_t>(session, *functions,
                                           {"words", "words_per_second", &NoiseFunctions::words, &words});
            register_family<float>(session, *functions,
                                   {"normals", "normals_per_second", &NoiseFunctions::normals, &normals});
        }
    }
    register_benchmark(session, "chain_normals",
                       [&session](benchmark::State& state) { chain_normals(state, session, noisy_chains(session)); });
    if (session.on_cpu()) return;
    register_benchmark(session, "chain_normals/fast", [&session](benchmark::State& state) {
        Workload workload = noisy_chains(session);
        workload.program.fast_normals = true;
        chain_normals(state, session, workload);
    });
}

}  // namespace
}  // namespace stationary::bench

int main(int count, char** arguments) {
    return stationary::bench::run_benchmarks(count, arguments, &stationary::bench::register_all);
}
