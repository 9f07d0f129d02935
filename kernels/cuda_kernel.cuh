#pragma once

#include "kernels/compiled_dimension.h"
#include "kernels/cuda_call.h"
#include "kernels/cuda_launch.h"

namespace stationary {

/// Where a kernel reads its tables.
enum class TablePlace { shared, device };

/// Whether the compiled dimension is larger than the model's. Without padding the compiler knows the dimension.
enum class Padding { none, some, unknown };

/// A block as the GPU runs it: each thread knows itself only, and meets the others at a barrier.
template <class Thread>
class DeviceTeam {
  public:
    __device__ explicit DeviceTeam(Thread& thread) : thread_(thread) {}

    template <class Work>
    __device__ __forceinline__ void each(Work&& work) {
        work(thread_);
        __syncthreads();
    }

  private:
    Thread& thread_;
};

/// Blocks of 128 threads that a multiprocessor must be able to hold at once, which bounds the registers of a thread:
/// 65,536 are shared out. Left to itself the compiler spills a register or two to reach the next higher occupancy.
constexpr int fewest_blocks(int dimension, Velocity velocity, std::size_t scalar_bytes) {
    const bool is_float = scalar_bytes == 4;
    const int registers = is_float ? dimension : 2 * dimension;  // of one vector
    if (velocity == Velocity::kept) return registers <= 2 ? 4 : registers <= 12 ? 3 : 2;
    if (registers <= 2) return 6;
    if (registers <= 4 || (is_float && registers <= 12)) return 4;
    return registers <= 16 ? 3 : 2;
}

/// Dynamic shared memory of a block: its draws, then the tables if they are there. The draws end on a multiple of 16
/// bytes, so that rows of the tables can be read as vectors.
template <int D>
struct SharedLayout {
    static constexpr std::size_t stage_bytes =
        (DrawStage<D, cuda_block_threads>::values * sizeof(std::int32_t) + 15) / 16 * 16;
};

template <class Scalar, int D, template <class, int> class Stepper, Velocity velocity, TablePlace place,
          Padding padding, NormalMap map>
__global__ void __launch_bounds__(cuda_block_threads, fewest_blocks(D, velocity, sizeof(Scalar)))
    run_chains(const __grid_constant__ ChainArgs<Scalar> args, const __grid_constant__ LaunchArgs<Scalar> launch) {
    using Lanes = ScalarLanes<Scalar, map>;
    using Thread = ChainThread<Stepper<Lanes, D>, Lanes, D, cuda_block_threads, velocity>;
    extern __shared__ __align__(16) unsigned char shared[];
    const int thread_index = static_cast<int>(threadIdx.x);
    ChainArgs<Scalar> here = args;
    if constexpr (padding == Padding::none) here.dimension = D;
    if constexpr (padding == Padding::some) __builtin_assume(here.dimension < D);
    if constexpr (place == TablePlace::shared) {
        auto* tables = reinterpret_cast<Scalar*>(shared + SharedLayout<D>::stage_bytes);
        copy_tables(launch, thread_index, cuda_block_threads, tables);
        here = with_tables_at(here, launch.tables, static_cast<const Scalar*>(tables));
        __syncthreads();
    }
    typename Thread::Stage stage(reinterpret_cast<std::int32_t*>(shared));
    Thread thread(here, launch, blockIdx.x, thread_index);
    DeviceTeam<Thread> team(thread);
    run_block(here, launch, team, stage, draws_between_flushes(cuda_block_threads));
}

template <class Scalar, int D, template <class, int> class Stepper, Velocity velocity, TablePlace place,
          Padding padding, NormalMap map>
void launch_kernel(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::size_t shared_bytes,
                   cudaStream_t stream) {
    const auto kernel = &run_chains<Scalar, D, Stepper, velocity, place, padding, map>;
    constexpr std::size_t without_asking = 48 * 1024;
    if (shared_bytes > without_asking) {
        STATIONARY_CUDA_CALL(
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)));
    }
    kernel<<<static_cast<unsigned>(launch.map.blocks()), cuda_block_threads, shared_bytes, stream>>>(args, launch);
    STATIONARY_CUDA_CALL(cudaGetLastError());
}

/// What of a kernel is worth compiling twice.
enum class Variants {
    table_place,  ///< a data set may be too large for shared memory
    padding,      ///< the dimension decides how the noise falls into blocks of four, so knowing it saves a lot
};

/// CudaLaunchFunction of a stepper.
template <class Scalar, template <class, int> class Stepper, Velocity velocity, Variants variants,
          NormalMap map = NormalMap::reproducible>
void launch_step(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::size_t shared_limit,
                 cudaStream_t stream) {
    with_compiled_dimension(args.dimension, [&](auto dimension) {
        constexpr int d = decltype(dimension)::value;
        const auto start = [&]<TablePlace place, Padding padding>(std::size_t shared_bytes) {
            launch_kernel<Scalar, d, Stepper, velocity, place, padding, map>(args, launch, shared_bytes, stream);
        };
        const std::size_t draws = SharedLayout<d>::stage_bytes;
        const std::size_t both = draws + static_cast<std::size_t>(launch.table_values) * sizeof(Scalar);
        if constexpr (variants == Variants::table_place) {
            if (both > shared_limit) return start.template operator()<TablePlace::device, Padding::unknown>(draws);
            start.template operator()<TablePlace::shared, Padding::unknown>(both);
        } else {
            if constexpr (d > 2) {  // 1 and 2 are compiled dimensions: never padded
                if (args.dimension < d) return start.template operator()<TablePlace::shared, Padding::some>(both);
            }
            start.template operator()<TablePlace::shared, Padding::none>(both);
        }
    });
}

/// The table entry of a stepper.
template <template <class, int> class Stepper, Velocity velocity, Variants variants>
constexpr CudaStepFunctions cuda_step_functions() {
    return {&launch_step<float, Stepper, velocity, variants>, &launch_step<double, Stepper, velocity, variants>,
            velocity};
}

}  // namespace stationary
