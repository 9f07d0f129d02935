#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/cpu/cpu_level.h"
#include "kernels/cpu/shard_gathering.h"
#include "kernels/cpu/shard_parts.h"
#include "kernels/interface/backend.h"

#include <omp.h>

#include <exception>
#include <fstream>
#include <mutex>
#include <stdexcept>

namespace stationary {
namespace {

#if defined(__x86_64__)
constexpr bool x86_levels = true;
bool processor_has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool processor_has_avx512() {
    return processor_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#else
constexpr bool x86_levels = false;
bool processor_has_avx2() { return false; }
bool processor_has_avx512() { return false; }
#endif

/// One kind of step at every level of this build.
struct StepLevels {
    const StepFunctions* generic;
    const StepFunctions* avx2;
    const StepFunctions* avx512;
};

#if defined(__x86_64__)
#define STATIONARY_LEVELS(name) \
    StepLevels { &name##_generic, &name##_avx2, &name##_avx512 }
#else
#define STATIONARY_LEVELS(name) \
    StepLevels { &name##_generic, nullptr, nullptr }
#endif

StepLevels wide_step_levels(const CellProgram& program) {
    if (program.stepper == Stepper::langevin) return STATIONARY_LEVELS(wide_langevin_step);
    switch (program.oracle) {
        case Oracle::quadratic:
            return STATIONARY_LEVELS(wide_quadratic_step);
        case Oracle::least_squares:
            return STATIONARY_LEVELS(wide_least_squares_step);
        case Oracle::finite_quadratic:
            return STATIONARY_LEVELS(wide_finite_quadratic_step);
        case Oracle::gaussian_regression:
            return STATIONARY_LEVELS(wide_gaussian_regression_step);
    }
    throw std::invalid_argument("cell program: unknown oracle");
}

StepLevels step_levels(const CellProgram& program) {
    if (program.dimension > max_compiled_dimension) return wide_step_levels(program);
    if (program.stepper == Stepper::langevin) return STATIONARY_LEVELS(langevin_step);
    switch (program.oracle) {
        case Oracle::quadratic:
            return STATIONARY_LEVELS(quadratic_step);
        case Oracle::least_squares:
            return STATIONARY_LEVELS(least_squares_step);
        case Oracle::finite_quadratic:
            return STATIONARY_LEVELS(finite_quadratic_step);
        case Oracle::gaussian_regression:
            return STATIONARY_LEVELS(gaussian_regression_step);
    }
    throw std::invalid_argument("cell program: unknown oracle");
}
#undef STATIONARY_LEVELS

const StepFunctions& step_functions(const CellProgram& program, SimdLevel level) {
    const StepLevels levels = step_levels(program);
    return level == SimdLevel::avx512 ? *levels.avx512 : level == SimdLevel::avx2 ? *levels.avx2 : *levels.generic;
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

ShardMoments empty_moments(const CellProgram& program, std::int64_t shard) {
    ShardMoments moments;
    moments.shard = shard;
    moments.sum.assign(static_cast<std::size_t>(program.dimension), 0);
    moments.products.assign(static_cast<std::size_t>(packed_size(program.dimension)), 0);
    return moments;
}

/// Parts of shards over OpenMP threads, each one thread's work from its first step to its last: threads share nothing
/// but the tables.
class CpuBackend final : public Backend {
  public:
    CpuBackend(int threads, SimdLevel level) : threads_(threads > 0 ? threads : omp_get_max_threads()), level_(level) {}

    [[nodiscard]] BackendInfo info() const override { return {"cpu", processor_name(), threads_, to_string(level_)}; }

    void run(const CellProgram& program, ShardRange range, const ShardSink& sink) override {
        check_program(program);
        if (program.fast_normals) throw std::invalid_argument("fast normals need a GPU");
        const StepFunctions& functions = step_functions(program, level_);
        if (program.double_precision) {
            run_range(program, functions.double_precision, range, sink);
        } else {
            run_range(program, functions.single_precision, range, sink);
        }
    }

    [[nodiscard]] std::int64_t memory_bytes(const CellProgram& program, std::int64_t shards) const override {
        const std::int64_t padded = table_dimension(program.dimension);
        const std::int64_t real = program.double_precision ? 8 : 4;
        const std::int64_t tables = real * (program.training_points * (padded + 1) + 2 * padded * padded + 4 * padded +
                                            static_cast<std::int64_t>(program.step_weights.size()));
        const std::int64_t moments =
            static_cast<std::int64_t>(sizeof(ShardMoments)) + 16 * (program.dimension + packed_size(program.dimension));
        return tables + shards * moments;
    }

  private:
    template <class Scalar>
    void run_range(const CellProgram& program, ChainsFunction<Scalar> function, ShardRange range,
                   const ShardSink& sink) const {
        const CellTables<Scalar> tables(program, table_dimension(program.dimension));
        const ChainArgs<Scalar> args = tables.args(tables.values().data());
        const ShardParts parts(program, range, threads_);
        ShardGathering gathering(parts.parts_per_shard(), sink);
        std::exception_ptr failure;
        std::mutex lock;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads_)
        for (std::int64_t part = 0; part < parts.count(); ++part) {
            try {
                if (!gathering.begin(parts.shard_of(part))) continue;
                ShardMoments moments = empty_moments(program, parts.shard_of(part));
                function(args, parts.chains_of(part), moments);
                gathering.add(std::move(moments));
            } catch (...) {
                gathering.stop();
                const std::lock_guard guard(lock);
                if (!failure) failure = std::current_exception();
            }
        }
        if (failure) std::rethrow_exception(failure);
    }

    int threads_;
    SimdLevel level_;
};

}  // namespace

bool simd_level_available(SimdLevel level) {
    switch (level) {
        case SimdLevel::generic:
            return true;
        case SimdLevel::avx2:
            return x86_levels && processor_has_avx2();
        case SimdLevel::avx512:
            return x86_levels && processor_has_avx512();
    }
    return false;
}

SimdLevel best_simd_level() {
    for (const SimdLevel level : {SimdLevel::avx512, SimdLevel::avx2}) {
        if (simd_level_available(level)) return level;
    }
    return SimdLevel::generic;
}

std::string to_string(SimdLevel level) {
    switch (level) {
        case SimdLevel::generic:
            return "generic";
        case SimdLevel::avx2:
            return "avx2";
        case SimdLevel::avx512:
            return "avx512";
    }
    return "unknown";
}

std::unique_ptr<Backend> make_cpu_backend(int threads, SimdLevel level) {
    if (!simd_level_available(level)) {
        throw std::invalid_argument("this processor does not run the " + to_string(level) + " code");
    }
    return std::make_unique<CpuBackend>(threads, level);
}

}  // namespace stationary
