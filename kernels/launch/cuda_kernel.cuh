#pragma once

#include "kernels/chain/compiled_dimension.h"
#include "kernels/launch/cuda_call.h"
#include "kernels/launch/cuda_launch.h"
#include "kernels/launch/cuda_shared_memory.h"

#include <array>
#include <type_traits>

namespace stationary {

/// Where a kernel reads its tables.
enum class TablePlace { shared, device };

/// What is known of a model's dimension d when compiling, beside the compiled dimension D ≥ d: d itself, or that it is
/// smaller than D, or nothing.
enum class Padding { known, some, unknown };

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

/// Normals that a step draws beside a vector of them: the label of a regression.
template <template <class, int> class Stepper>
constexpr int normals_beside = 0;

/// Blocks of 128 threads that a multiprocessor must be able to hold at once, which bounds the registers of a thread:
/// 65,536 are shared out. Left to itself the compiler spills a register or two to reach the next higher occupancy.
constexpr int fewest_blocks(int dimension, int normals, Velocity velocity, std::size_t scalar_bytes) {
    const bool is_float = scalar_bytes == 4;
    const int registers = is_float ? dimension : 2 * dimension;  // of one vector
    const bool whole_blocks = normals % 4 == 0;                  // else a step may end within a block of normals
    if (velocity == Velocity::kept) return registers <= 2 ? 4 : registers <= (whole_blocks ? 12 : 8) ? 3 : 2;
    if (registers <= 2) return 6;
    if (registers <= 4 || (is_float && registers <= (whole_blocks ? 12 : 8))) return 4;
    return registers <= 16 ? 3 : 2;
}

/// Dynamic shared memory of a block: its draws, what its threads keep there, then the tables if they are there.
/// Each part ends on a multiple of 16 bytes, so that rows of the tables can be read as vectors.
template <class Thread>
struct SharedLayout {
    using Scalar = typename Thread::Scalar;
    static constexpr std::size_t draw_bytes = (Thread::Stage::values * sizeof(std::int32_t) + 15) / 16 * 16;
    static constexpr std::size_t bytes_without_tables = draw_bytes + (Thread::Memory::bytes + 15) / 16 * 16;

    static constexpr std::size_t bytes(std::int64_t table_values) {
        return bytes_without_tables + static_cast<std::size_t>(table_values) * sizeof(Scalar);
    }
};

/// The thread of a kernel for compiled dimension D; exact_dimension is 0 where it is not known.
template <class Scalar, int D, int exact_dimension, template <class, int> class Stepper, Velocity velocity,
          NormalMap map>
struct KernelThread {
    using Lanes = ScalarLanes<Scalar, map, state_place(D, velocity, sizeof(Scalar)), exact_dimension>;
    using type = ChainThread<Stepper<Lanes, D>, Lanes, D, cuda_block_threads, velocity>;
};

template <class Scalar, int D, int exact_dimension, template <class, int> class Stepper, Velocity velocity,
          TablePlace place, Padding padding, NormalMap map>
__global__ void __launch_bounds__(cuda_block_threads,
                                  fewest_blocks(D, exact_dimension + normals_beside<Stepper>, velocity, sizeof(Scalar)))
    run_chains(const __grid_constant__ ChainArgs<Scalar> args, const __grid_constant__ LaunchArgs<Scalar> launch) {
    using Thread = typename KernelThread<Scalar, D, exact_dimension, Stepper, velocity, map>::type;
    using Layout = SharedLayout<Thread>;
    extern __shared__ __align__(16) unsigned char shared[];
    const int thread_index = static_cast<int>(threadIdx.x);
    ChainArgs<Scalar> here = args;
    if constexpr (padding == Padding::known) here.dimension = exact_dimension;
    if constexpr (padding == Padding::some) __builtin_assume(here.dimension < D);
    if constexpr (place == TablePlace::shared) {
        auto* tables = reinterpret_cast<Scalar*>(shared + Layout::bytes_without_tables);
        copy_tables(launch, thread_index, cuda_block_threads, tables);
        here = with_tables_at(here, launch.tables, static_cast<const Scalar*>(tables));
        __syncthreads();
    }
    typename Thread::Stage stage(reinterpret_cast<std::int32_t*>(shared));
    Thread thread(here, launch, blockIdx.x, thread_index, typename Thread::Memory{shared + Layout::draw_bytes});
    DeviceTeam<Thread> team(thread);
    run_block(here, launch, team, stage, draws_between_flushes(cuda_block_threads));
}

template <class Scalar, int D, int exact_dimension, template <class, int> class Stepper, Velocity velocity,
          TablePlace place, Padding padding, NormalMap map>
void launch_kernel(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::size_t shared_bytes,
                   cudaStream_t stream) {
    const auto kernel = &run_chains<Scalar, D, exact_dimension, Stepper, velocity, place, padding, map>;
    allow_all_shared_memory(reinterpret_cast<const void*>(kernel));
    kernel<<<static_cast<unsigned>(launch.map.blocks()), cuda_block_threads, shared_bytes, stream>>>(args, launch);
    STATIONARY_CUDA_CALL(cudaGetLastError());
}

/// What of a kernel is worth compiling twice.
enum class Variants {
    table_place,  ///< a data set may be too large for shared memory
    padding,      ///< the dimension decides how the noise falls into blocks of four, so knowing it saves a lot
};

/// Dimensions below the compiled ones that have kernels of their own in single precision. Passes of an odd dimension
/// take four steps each: from 7 on they are too long for the registers.
constexpr std::array<int, 4> exact_dimensions{3, 5, 6, 10};

/// Calls f(D, d) with std::integral_constants: the compiled dimension, and the dimension itself where a kernel of its
/// own is compiled for it, else 0.
template <class Scalar, std::size_t Index = 0, class F>
void with_known_dimension(int dimension, F&& f) {
    if constexpr (sizeof(Scalar) == 4 && Index < exact_dimensions.size()) {
        constexpr int exact = exact_dimensions[Index];
        if (dimension != exact) return with_known_dimension<Scalar, Index + 1>(dimension, f);
        f(std::integral_constant<int, compiled_dimension(exact)>{}, std::integral_constant<int, exact>{});
    } else {
        with_compiled_dimension(dimension, [&](auto compiled) {
            constexpr int D = decltype(compiled)::value;
            if (dimension == D) return f(compiled, compiled);
            constexpr bool padded = D > 2 && (D != 4 || sizeof(Scalar) == 8);  // d = 1, 2 and 3 are exact
            if constexpr (padded) f(compiled, std::integral_constant<int, 0>{});
        });
    }
}

/// CudaLaunchFunction of a stepper.
template <class Scalar, template <class, int> class Stepper, Velocity velocity, Variants variants,
          NormalMap map = NormalMap::reproducible>
void launch_step(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::size_t shared_limit,
                 cudaStream_t stream) {
    if constexpr (variants == Variants::table_place) {
        with_compiled_dimension(args.dimension, [&](auto compiled) {
            constexpr int D = decltype(compiled)::value;
            using Layout = SharedLayout<typename KernelThread<Scalar, D, 0, Stepper, velocity, map>::type>;
            const std::size_t all = Layout::bytes(launch.table_values);
            const bool fits = all <= shared_limit;
            const auto start =
                fits ? &launch_kernel<Scalar, D, 0, Stepper, velocity, TablePlace::shared, Padding::unknown, map>
                     : &launch_kernel<Scalar, D, 0, Stepper, velocity, TablePlace::device, Padding::unknown, map>;
            start(args, launch, fits ? all : Layout::bytes_without_tables, stream);
        });
    } else {
        with_known_dimension<Scalar>(args.dimension, [&](auto compiled, auto exact) {
            constexpr int D = decltype(compiled)::value;
            constexpr int d = decltype(exact)::value;
            constexpr Padding padding = d > 0 ? Padding::known : Padding::some;
            using Layout = SharedLayout<typename KernelThread<Scalar, D, d, Stepper, velocity, map>::type>;
            launch_kernel<Scalar, D, d, Stepper, velocity, TablePlace::shared, padding, map>(
                args, launch, Layout::bytes(launch.table_values), stream);
        });
    }
}

/// The table entry of a stepper.
template <template <class, int> class Stepper, Velocity velocity, Variants variants>
constexpr CudaStepFunctions cuda_step_functions() {
    return {&launch_step<float, Stepper, velocity, variants>, &launch_step<double, Stepper, velocity, variants>,
            velocity};
}

}  // namespace stationary
