// The CUDA runtime's interface: what nvcc puts into programs, launches, and the attributes of kernels.

#include "tests/cuda_emulator/launch.h"
#include "tests/cuda_emulator/registry.h"
#include "tests/cuda_emulator/streams.h"

#include <cuda_runtime_api.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

using namespace emulator;

namespace {

/// What stands between <<< and >>>.
struct Configuration {
    dim3 grid, block;
    std::size_t shared;
    cudaStream_t stream;
};

std::vector<Configuration>& configurations() {
    thread_local std::vector<Configuration> all;
    return all;
}

Module& module_of(void** handle) { return *reinterpret_cast<Module*>(handle); }

cudaError_t check_launch(const Kernel& kernel, const Configuration& c) {
    const u64 threads = u64{c.block.x} * c.block.y * c.block.z;
    if (threads == 0 || threads > 1024 || c.block.z > 64 || c.grid.x == 0 || c.grid.y == 0 || c.grid.z == 0 ||
        c.grid.x > 0x7fffffff || c.grid.y > 65535 || c.grid.z > 65535)
        return cudaErrorInvalidConfiguration;
    if (threads > kernel.code->most_threads) return cudaErrorInvalidValue;
    if (is_foreign(c.stream)) return cudaErrorInvalidResourceHandle;
    if (c.shared > kernel.most_dynamic_shared[current_device] || c.shared + kernel.code->static_shared > most_shared)
        return cudaErrorInvalidValue;
    return cudaSuccess;
}

cudaError_t launch_kernel(Kernel* kernel, const Configuration& c, void** arguments) {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    cudaError_t error = kernel->load();
    if (error == cudaSuccess) error = check_launch(*kernel, c);
    if (error != cudaSuccess) return error;
    const auto launch = std::make_shared<Launch>();
    launch->kernel = kernel;
    launch->device = current_device;
    launch->grid = c.grid, launch->block = c.block, launch->dynamic_shared = c.shared;
    const EmulatorKernel& code = *kernel->code;
    for (u32 k = 0; k < code.parameters; ++k) {
        launch->parameters.resize(code.parameter_offsets[k] + code.parameter_sizes[k]);
        std::memcpy(launch->parameters.data() + code.parameter_offsets[k], arguments[k], code.parameter_sizes[k]);
    }
    put(c.stream, [launch] { run_launch(*launch); });
    return cudaSuccess;
}

/// The kernel, loaded, or null and why.
Kernel* loaded(const void* function, cudaError_t& error) {
    Kernel* const kernel = registry().kernel(function);
    error = kernel == nullptr ? cudaErrorInvalidDeviceFunction : kernel->load();
    return error == cudaSuccess ? kernel : nullptr;
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* fat_binary) { return reinterpret_cast<void**>(registry().add_module(fat_binary)); }
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }
void __cudaRegisterFunction(void** handle, const char* host, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {
    registry().add_kernel(module_of(handle), host, name);
}
void __cudaRegisterVar(void** handle, char* host, char*, const char* name, int, std::size_t, int, int) {
    registry().add_variable(module_of(handle), host, name);
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared, CUstream_st* stream) {
    configurations().push_back({grid, block, shared, stream});
    return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared, void* stream) {
    const Configuration c = configurations().back();
    configurations().pop_back();
    *grid = c.grid, *block = c.block, *shared = c.shared;
    *static_cast<cudaStream_t*>(stream) = c.stream;
    return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {
    *kernel = reinterpret_cast<cudaKernel_t>(registry().kernel(host));
    return *kernel == nullptr ? give(cudaErrorInvalidDeviceFunction) : cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared,
                               cudaStream_t stream) {
    return give(launch_kernel(registry().kernel(kernel), {grid, block, shared, stream}, arguments));
}

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, std::size_t shared,
                             cudaStream_t stream) {
    return give(launch_kernel(registry().kernel(function), {grid, block, shared, stream}, arguments));
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
    cudaError_t error = cudaSuccess;
    const Kernel* const kernel = loaded(function, error);
    if (kernel == nullptr) return give(error);
    *attributes = {};
    attributes->sharedSizeBytes = kernel->code->static_shared;
    attributes->maxThreadsPerBlock = static_cast<int>(kernel->code->most_threads);
    attributes->numRegs = 64;
    attributes->ptxVersion = attributes->binaryVersion = architecture;
    attributes->maxDynamicSharedSizeBytes = static_cast<int>(kernel->most_dynamic_shared[current_device]);
    return give(cudaSuccess);
}
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
    cudaError_t error = cudaSuccess;
    Kernel* const kernel = loaded(function, error);
    if (kernel == nullptr) return give(error);
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return give(cudaSuccess);
    if (value < 0 || static_cast<u64>(value) + kernel->code->static_shared > most_shared)
        return give(cudaErrorInvalidValue);
    kernel->most_dynamic_shared[current_device] = static_cast<u64>(value);
    return give(cudaSuccess);
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int threads,
                                                                   std::size_t shared, unsigned) {
    if (threads <= 0 || threads > 1024) return give(cudaErrorInvalidValue);
    const u64 by_threads = 2048 / static_cast<u64>(threads);
    const u64 by_memory = shared > 0 ? most_shared / shared : 32;
    *blocks = static_cast<int>(std::min({u64{32}, by_threads, by_memory}));
    return give(cudaSuccess);
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int threads,
                                                          std::size_t shared) {
    return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared, 0);
}

}  // extern "C"
