#include "kernels/cuda/cuda_program.h"

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"

#include <algorithm>
#include <stdexcept>

namespace stationary {
namespace {

constexpr std::int64_t most_chains_at_once = std::int64_t{1}
                                             << 20;  // four full waves on the largest GPU; more only delays results
constexpr double most_updates_per_step = 0x1p36;     // a step cannot be cut: about a tenth of a second

/// Component updates that one step of one chain makes.
double updates_per_chain(const CellProgram& program) {
    const double d = program.dimension;
    const auto vectors = static_cast<double>(program.stepper == Stepper::sgd ? program.batch_size : 1);
    if (program.dimension <= max_compiled_dimension) return vectors * d;
    // One is worth some 16 products with entries of H and F.
    const double products = program.oracle == Oracle::gaussian_regression ? vectors : 2.0;
    return vectors * d + products * d * d / 16.0;
}

/// The totals of a shard stay exact for most_additions additions: a flush makes at most one per thread, and a block
/// flushes once per draws_between_flushes draws and once per launch.
void check_flushes(const CellProgram& program) {
    const auto blocks =
        static_cast<double>(make_launch_map(0, 1, program.shard_chains, cuda_block_threads).blocks_per_shard);
    const auto draws = static_cast<double>(program.draws);
    const double flushes = blocks * (draws / draws_between_flushes(cuda_block_threads) + std::min(draws, 1e6));
    const double bound = flushes * cuda_block_threads;
    if (bound >= static_cast<double>(TotalsRow::most_additions)) {
        throw std::invalid_argument("too many chains and draws for one shard on the GPU");
    }
}

/// Of wide chains: to each entry one for every draw and every chains_between_flushes chains, to those of the velocities
/// one for every draw of every chain.
void check_wide_additions(const CellProgram& program) {
    const double additions = static_cast<double>(program.draws) * static_cast<double>(program.shard_chains);
    if (additions >= static_cast<double>(TotalsRow::most_additions)) {
        throw std::invalid_argument("too many chains and draws for one shard on the GPU");
    }
}

}  // namespace

const CudaStepFunctions& step_functions(const CellProgram& program) {
    if (program.stepper == Stepper::langevin) return cuda_langevin_step;
    switch (program.oracle) {
        case Oracle::quadratic:
            return cuda_quadratic_step;
        case Oracle::least_squares:
            return cuda_least_squares_step;
        case Oracle::finite_quadratic:
            return cuda_finite_quadratic_step;
        case Oracle::gaussian_regression:
            return cuda_gaussian_regression_step;
    }
    throw std::invalid_argument("cell program: unknown oracle");
}

template <>
CudaLaunchFunction<float> launch_function<float>(const CellProgram& program) {
    if (program.fast_normals) {
        if (program.stepper == Stepper::langevin) return cuda_langevin_fast_normals;
        if (program.oracle == Oracle::quadratic) return cuda_quadratic_fast_normals;
        if (program.oracle == Oracle::gaussian_regression) return cuda_gaussian_regression_fast_normals;
    }
    return step_functions(program).single_precision;
}

template <>
CudaLaunchFunction<double> launch_function<double>(const CellProgram& program) {
    return step_functions(program).double_precision;
}

std::string cell_text(const CellProgram& program) {
    constexpr const char* oracles[] = {"quadratic", "least_squares", "finite_quadratic", "gaussian_regression"};
    std::string text = program.stepper == Stepper::langevin ? "langevin" : oracles[static_cast<int>(program.oracle)];
    text += " d=" + std::to_string(program.dimension);
    if (program.stepper == Stepper::sgd) text += " B=" + std::to_string(program.batch_size);
    return text + (program.double_precision ? " double" : "") + (program.fast_normals ? " fast" : "");
}

std::int64_t bytes_per_shard(const CellProgram& program) {
    if (program.dimension > max_compiled_dimension) return wide_bytes_per_shard(program);
    const std::int64_t real = program.double_precision ? 8 : 4;
    const std::int64_t vectors = step_functions(program).velocity == Velocity::kept ? 2 : 1;
    const std::int64_t totals = 8 * (TotalsRow::words(program.dimension) + 1);
    return program.shard_chains * (vectors * program.dimension * real + 1) + totals;
}

std::int64_t table_bytes(const CellProgram& program) {
    const auto of = [&]<class Scalar>(Scalar) {
        const std::size_t values =
            count_table_values(program, table_dimension(program.dimension), table_row_stride<Scalar>(program));
        return static_cast<std::int64_t>(values * sizeof(Scalar));
    };
    return program.double_precision ? of(double{}) : of(float{});
}

std::int64_t shards_cap(const CellProgram& program) {
    const double chains =
        std::min(static_cast<double>(most_chains_at_once), most_updates_per_step / updates_per_chain(program));
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(chains) / program.shard_chains);
}

void check_cuda_program(const CellProgram& program) {
    check_program(program);
    if (program.dimension > max_compiled_dimension) {
        check_wide_additions(program);
    } else {
        check_flushes(program);
    }
    if (program.fast_normals && program.double_precision) {
        throw std::invalid_argument("fast normals go with single precision only");
    }
}

}  // namespace stationary
