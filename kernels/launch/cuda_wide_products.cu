#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/launch/cuda_wide_launch.h"

namespace stationary {
namespace {

__global__ void __launch_bounds__(WideProducts::threads)
    add_wide_products(const __grid_constant__ WideProducts products) {
    __shared__ __align__(16) std::int32_t values[WideProducts::shared_values];
    ProductThread thread(products, static_cast<int>(blockIdx.x), blockIdx.y, static_cast<int>(threadIdx.x), values);
    DeviceTeam<ProductThread> team(thread);
    run_products(products, team);
}

}  // namespace

void launch_wide_products(const WideProducts& products, std::int64_t shards, cudaStream_t stream) {
    const std::int64_t rows_of_blocks = 65535;  // the most that a launch takes
    for (std::int64_t first = 0; first < shards; first += rows_of_blocks) {
        WideProducts part = products;
        part.stage += first * products.shard_chains * stage_length(products.dimension);
        part.totals += first * TotalsRow::words(products.dimension);
        const auto rows = static_cast<unsigned>(shards - first < rows_of_blocks ? shards - first : rows_of_blocks);
        add_wide_products<<<dim3(static_cast<unsigned>(products.tiles()), rows), WideProducts::threads, 0, stream>>>(
            part);
        STATIONARY_CUDA_CALL(cudaGetLastError());
    }
}

}  // namespace stationary
