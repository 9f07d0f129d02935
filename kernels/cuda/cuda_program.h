#pragma once

#include "kernels/chain/compiled_dimension.h"
#include "kernels/interface/cell_program.h"
#include "kernels/lanes/lanes.h"
#include "kernels/launch/cuda_launch.h"

#include <cstdint>
#include <string>

namespace stationary {

// What the CUDA backend knows of a program before it runs it.

/// The kernels of a program; throws std::invalid_argument for an oracle that has none.
const CudaStepFunctions& step_functions(const CellProgram& program);

/// Those in the precision of the state, with the normals that the program asks for.
template <class Scalar>
CudaLaunchFunction<Scalar> launch_function(const CellProgram& program);
template <>
CudaLaunchFunction<float> launch_function<float>(const CellProgram& program);
template <>
CudaLaunchFunction<double> launch_function<double>(const CellProgram& program);

/// What a profile shows of a cell: "langevin d=10 fast".
std::string cell_text(const CellProgram& program);

/// Numbers from one row of a data set to the next: of wide chains, whose rows a warp reads together, no more than
/// needed.
template <class Scalar>
constexpr int table_row_stride(const CellProgram& program) {
    const int dimension = table_dimension(program.dimension);
    return program.dimension > max_compiled_dimension ? dimension : ScalarLanes<Scalar>::row_stride(dimension);
}

/// Bytes on the device, for each shard that is there and for the tables.
std::int64_t bytes_per_shard(const CellProgram& program);
std::int64_t wide_bytes_per_shard(const CellProgram& program);  ///< above max_compiled_dimension
std::int64_t table_bytes(const CellProgram& program);

/// The most shards that one launch takes, memory aside: at least one, however large it is.
std::int64_t shards_cap(const CellProgram& program);

/// Throws std::invalid_argument, in one line, for a program that the backend cannot run.
void check_cuda_program(const CellProgram& program);

}  // namespace stationary
