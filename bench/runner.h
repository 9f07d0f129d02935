#pragma once

#include "bench/session.h"
#include "bench/workload.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <string>

namespace stationary::bench {

/// Runs all shards of a workload once.
void run_once(const Session& session, const Workload& workload);

/// Repeats a workload for as long as the benchmark asks, and sets its counters.
void run_workload(benchmark::State& state, const Session& session, const Workload& workload);

/// Sets component_steps_per_second, for SGD training_points_per_second, and on a CPU `ceiling`, in the unit of the last
/// of the two, and fraction_of_ceiling; for a Langevin step with full tables and d ≥ 16 flops_per_second and
/// fraction_of_peak too. `pass_seconds` is what a pass took on average.
void set_counters(benchmark::State& state, const Session& session, const Workload& workload, double pass_seconds);

/// Sets `ceiling` and fraction_of_ceiling of passes of `amount` in `pass_seconds` each.
void set_ceiling(benchmark::State& state, double ceiling, double amount, double pass_seconds);

/// Wall-clock seconds since it was made.
class Stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A rate: `amount` per iteration, over wall-clock time.
benchmark::Counter per_second(double amount);

/// Registers a benchmark that makes its workload before it starts the clock.
benchmark::internal::Benchmark* register_workload(const Session& session, const std::string& name,
                                                  std::function<Workload(const benchmark::State&)> make);

}  // namespace stationary::bench
