#pragma once

#include "kernels/launch/cuda_call.h"
#include "kernels/launch/cuda_shared_memory.h"
#include "kernels/launch/cuda_wide_launch.h"

namespace stationary {

/// The lanes of a warp, each knowing itself only (wide_team.h, cuda_wide.h).
class WarpTeam {
  public:
    static constexpr TableOrder tables = TableOrder::columns;
    static constexpr int sums_at_once = 4;

    __device__ explicit WarpTeam(int lane) : lane_(lane) {}

    template <class Work>
    __device__ __forceinline__ void each(int count, Work&& work) const {
        for (int k = lane_; k < count; k += cuda_warp) work(k);
        __syncwarp();
    }

    /// The butterfly leaves in every lane what joined_lanes makes: a sum does not depend on the order of its two terms.
    template <class Number, class Factors>
    __device__ __forceinline__ Number dot(int quads, Factors&& factors) const {
        Number sum = lane_sum<Number>(lane_, quads, factors);
#pragma unroll
        for (int distance = cuda_warp / 2; distance > 0; distance /= 2) {
            sum = sum + __shfl_xor_sync(whole_warp, sum, distance);
        }
        __syncwarp();
        return sum;
    }

    template <class Work>
    __device__ __forceinline__ void add_up(int count, std::int64_t (&sums)[3], Work&& work) const {
        long long mine[3] = {0, 0, 0};
        each(count, [&](int k) {
            std::int64_t part[3] = {0, 0, 0};
            work(k, part);
#pragma unroll
            for (int s = 0; s < 3; ++s) mine[s] += part[s];
        });
#pragma unroll
        for (int s = 0; s < 3; ++s) {
#pragma unroll
            for (int distance = cuda_warp / 2; distance > 0; distance /= 2) {
                mine[s] += __shfl_xor_sync(whole_warp, mine[s], distance);
            }
            sums[s] = mine[s];
        }
    }

    template <class Work>
    __device__ __forceinline__ void once(Work&& work) const {
        if (lane_ == 0) work();
        __syncwarp();
    }

  private:
    static constexpr unsigned whole_warp = 0xffffffffU;
    int lane_;
};

/// Full blocks that a multiprocessor must be able to hold at once. Left to itself the compiler spills a register or two
/// to reach the next higher occupancy.
constexpr int fewest_wide_blocks(std::size_t scalar_bytes) { return scalar_bytes == 4 ? 4 : 3; }

/// A warp per chain; the warps of a block share nothing.
template <class Scalar, template <class, class> class Stepper, NormalMap map>
__global__ void __launch_bounds__(cuda_wide_warps* cuda_warp, fewest_wide_blocks(sizeof(Scalar)))
    run_wide_chains(const __grid_constant__ ChainArgs<Scalar> args, const __grid_constant__ WideLaunch<Scalar> launch) {
    using ChainStepper = Stepper<ScalarLanes<Scalar, map>, WarpTeam>;
    extern __shared__ __align__(16) unsigned char wide_vectors[];
    const int warp = static_cast<int>(threadIdx.x) / cuda_warp;
    const ChainPlace place = chain_place(launch.map, blockIdx.x, static_cast<int>(blockDim.x) / cuda_warp, warp);
    if (!place.valid) return;
    const int numbers = ChainStepper::vectors(args.frozen) * wide_length(args.dimension);
    WarpTeam team(static_cast<int>(threadIdx.x) % cuda_warp);
    run_wide_launch<ChainStepper>(args, launch, team, place, reinterpret_cast<Scalar*>(wide_vectors) + warp * numbers);
}

template <class Scalar, template <class, class> class Stepper, NormalMap map = NormalMap::reproducible>
void launch_wide(const ChainArgs<Scalar>& args, const WideLaunch<Scalar>& launch, int warps, std::size_t shared_bytes,
                 cudaStream_t stream) {
    const auto kernel = &run_wide_chains<Scalar, Stepper, map>;
    const std::size_t bytes = static_cast<std::size_t>(warps) * shared_bytes;
    allow_all_shared_memory(reinterpret_cast<const void*>(kernel));
    kernel<<<static_cast<unsigned>(launch.map.blocks()), static_cast<unsigned>(warps * cuda_warp), bytes, stream>>>(
        args, launch);
    STATIONARY_CUDA_CALL(cudaGetLastError());
}

/// The table entry of a stepper.
template <template <class, class> class Stepper, NormalMap fast>
constexpr CudaWideFunctions cuda_wide_functions() {
    using Any = Stepper<ScalarLanes<float>, WarpTeam>;
    return {&launch_wide<float, Stepper>, &launch_wide<double, Stepper>, &launch_wide<float, Stepper, fast>,
            Any::has_velocity, &Any::vectors};
}

}  // namespace stationary
