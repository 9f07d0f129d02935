#pragma once

#include "bench/ceiling/ceiling.h"
#include "bench/options.h"
#include "kernels/interface/backend.h"

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>

namespace stationary::bench {

/// What all benchmarks of one process share.
struct Session {
    BenchOptions options;
    std::shared_ptr<Backend> backend;
    BackendInfo info;                     ///< of the backend
    SimdLevel simd = SimdLevel::generic;  ///< of a CPU backend
    double core_hertz = 0.0;              ///< 0: not measured, and no ceilings
    [[nodiscard]] bool on_cpu() const { return info.kind == "cpu"; }
    [[nodiscard]] CoreSpeed speed() const { return {core_hertz, info.threads}; }
};

/// What a benchmark's time is: the wall clock's, or what its body reports.
enum class Clock { wall, reported };

/// Registers a benchmark by name, run as the session's options say. The session must live until all have run.
benchmark::internal::Benchmark* register_benchmark(const Session& session, const std::string& name,
                                                   std::function<void(benchmark::State&)> body,
                                                   Clock clock = Clock::wall);

/// The whole of a benchmark binary: options, backend, context, benchmarks, report. Returns the exit code: 0, 2 for an
/// option that means nothing, 4 for a backend that cannot be used.
int run_benchmarks(int count, char** arguments, void (*register_all)(const Session&));

}  // namespace stationary::bench
