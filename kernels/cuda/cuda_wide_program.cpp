#include "kernels/chain/compiled_dimension.h"
#include "kernels/cuda/cuda_program.h"
#include "kernels/cuda/cuda_wide_group.h"

namespace stationary {

const CudaWideFunctions& wide_functions(const CellProgram& program) {
    if (program.stepper == Stepper::langevin) return cuda_wide_langevin;
    switch (program.oracle) {
        case Oracle::quadratic:
            return cuda_wide_quadratic;
        case Oracle::least_squares:
            return cuda_wide_least_squares;
        case Oracle::finite_quadratic:
            return cuda_wide_finite_quadratic;
        case Oracle::gaussian_regression:
            return cuda_wide_gaussian_regression;
    }
    throw std::invalid_argument("cell program: unknown oracle");
}

template <>
CudaWideFunction<float> wide_launch_function<float>(const CellProgram& program) {
    const CudaWideFunctions& functions = wide_functions(program);
    return program.fast_normals ? functions.fast_normals : functions.single_precision;
}

template <>
CudaWideFunction<double> wide_launch_function<double>(const CellProgram& program) {
    return wide_functions(program).double_precision;
}

std::size_t wide_shared_bytes(const CellProgram& program) {
    const int numbers = wide_functions(program).vectors(program.frozen) * wide_length(program.dimension);
    return static_cast<std::size_t>(numbers) * (program.double_precision ? 8 : 4);
}

std::int64_t wide_bytes_per_shard(const CellProgram& program) {
    const std::int64_t real = program.double_precision ? 8 : 4;
    const std::int64_t vectors = wide_functions(program).has_velocity ? 2 : 1;
    const std::int64_t state = vectors * table_dimension(program.dimension) * real + 1;
    const std::int64_t stage = 4 * std::int64_t{stage_length(program.dimension)};
    const std::int64_t totals = 8 * (std::int64_t{TotalsRow::words(program.dimension)} + 1);
    return program.shard_chains * (state + stage) + totals;
}

}  // namespace stationary
