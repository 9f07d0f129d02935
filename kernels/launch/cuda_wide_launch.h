#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/launch/cuda_wide.h"
#include "kernels/launch/wide_products.h"

#include <cuda_runtime_api.h>

#include <cstddef>

namespace stationary {

constexpr int cuda_warp = 32;
static_assert(cuda_warp == dot_lanes);
/// Most warps of a block; each advances a chain of its own.
constexpr int cuda_wide_warps = 4;

/// Puts one launch into a stream: `warps` chains per block, `shared_bytes` of dynamic shared memory for each. H and F
/// in `args` are column-major. Throws CudaError if the launch is refused.
template <class Scalar>
using CudaWideFunction = void (*)(const ChainArgs<Scalar>& args, const WideLaunch<Scalar>& launch, int warps,
                                  std::size_t shared_bytes, cudaStream_t stream);

/// The kernels of one kind of step.
struct CudaWideFunctions {
    CudaWideFunction<float> single_precision;
    CudaWideFunction<double> double_precision;
    CudaWideFunction<float> fast_normals;  ///< the same as single_precision for steps that draw no normals
    bool has_velocity;
    int (*vectors)(bool frozen);  ///< of wide_length numbers, in shared memory
};

extern const CudaWideFunctions cuda_wide_langevin, cuda_wide_quadratic, cuda_wide_least_squares,
    cuda_wide_finite_quadratic, cuda_wide_gaussian_regression;

/// Puts the products of a draw of `shards` shards into a stream.
void launch_wide_products(const WideProducts& products, std::int64_t shards, cudaStream_t stream);

}  // namespace stationary
