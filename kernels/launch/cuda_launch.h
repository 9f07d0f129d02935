#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/launch/cuda_block.h"

#include <cuda_runtime_api.h>

#include <cstddef>

namespace stationary {

/// Threads of a block. A multiple of the warp's 32; a block's tables and draws share one multiprocessor's shared
/// memory.
constexpr int cuda_block_threads = 128;

/// Puts one launch into a stream. `shared_limit` is the most dynamic shared memory that a block of the device may have:
/// tables that fit are copied there, others are read through the L2 cache by the same code. Throws CudaError if the
/// launch is refused.
template <class Scalar>
using CudaLaunchFunction = void (*)(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch,
                                    std::size_t shared_limit, cudaStream_t stream);

/// The kernels of one kind of step. Each function picks the compiled dimension itself.
struct CudaStepFunctions {
    CudaLaunchFunction<float> single_precision;
    CudaLaunchFunction<double> double_precision;
    Velocity velocity;
};

/// The same with fast normals (fast_normals.h), in single precision; other steps draw no normals.
extern const CudaLaunchFunction<float> cuda_langevin_fast_normals, cuda_quadratic_fast_normals,
    cuda_gaussian_regression_fast_normals;

extern const CudaStepFunctions cuda_langevin_step, cuda_quadratic_step, cuda_least_squares_step,
    cuda_finite_quadratic_step, cuda_gaussian_regression_step;

}  // namespace stationary
