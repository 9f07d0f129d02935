#include "kernels/launch/cuda_shared_memory.h"

#include "kernels/launch/cuda_call.h"

#include <mutex>
#include <set>
#include <utility>

namespace stationary {
namespace {

void set_largest_limit(const void* kernel, int device) {
    int of_block = 0;
    STATIONARY_CUDA_CALL(cudaDeviceGetAttribute(&of_block, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    cudaFuncAttributes attributes;
    STATIONARY_CUDA_CALL(cudaFuncGetAttributes(&attributes, kernel));
    const int dynamic = of_block - static_cast<int>(attributes.sharedSizeBytes);
    STATIONARY_CUDA_CALL(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, dynamic));
}

}  // namespace

void allow_all_shared_memory(const void* kernel) {
    static std::mutex lock;
    static std::set<std::pair<const void*, int>> allowed;
    int device = 0;
    STATIONARY_CUDA_CALL(cudaGetDevice(&device));
    const std::lock_guard guard(lock);
    if (allowed.count({kernel, device}) > 0) return;
    set_largest_limit(kernel, device);
    allowed.insert({kernel, device});
}

}  // namespace stationary
