// The CUDA runtime's interface: devices.

#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/kernel.h"
#include "tests/cuda_emulator/module.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"
#include "tests/cuda_emulator/streams.h"

#include <cuda_runtime_api.h>
#include <cstdio>

using namespace emulator;

namespace {

constexpr int clock_kilohertz = 1000000;

/// Of the attributes that somebody has asked for so far.
int attribute_value(const cudaDeviceProp& p, cudaDeviceAttr attribute) {
    switch (attribute) {
        case cudaDevAttrMemoryPoolsSupported:
            return p.memoryPoolsSupported;
        case cudaDevAttrMultiProcessorCount:
            return p.multiProcessorCount;
        case cudaDevAttrClockRate:
            return clock_kilohertz;
        case cudaDevAttrMemoryClockRate:
            return clock_kilohertz;
        case cudaDevAttrGlobalMemoryBusWidth:
            return p.memoryBusWidth;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            return static_cast<int>(p.sharedMemPerBlock);
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            return static_cast<int>(p.sharedMemPerBlockOptin);
        case cudaDevAttrMaxThreadsPerBlock:
            return p.maxThreadsPerBlock;
        case cudaDevAttrWarpSize:
            return p.warpSize;
        case cudaDevAttrComputeCapabilityMajor:
            return p.major;
        case cudaDevAttrComputeCapabilityMinor:
            return p.minor;
        case cudaDevAttrL2CacheSize:
            return p.l2CacheSize;
        case cudaDevAttrManagedMemory:
        case cudaDevAttrUnifiedAddressing:
        case cudaDevAttrConcurrentKernels:
            return 1;
        default:
            give_up("cudaDeviceGetAttribute of attribute %d", static_cast<int>(attribute));
    }
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
    *count = options().devices;
    return give(cudaSuccess);
}
cudaError_t cudaSetDevice(int device) {
    if (device < 0 || device >= options().devices) return give(cudaErrorInvalidDevice);
    current_device = device;
    return give(cudaSuccess);
}
cudaError_t cudaGetDevice(int* device) {
    *device = current_device;
    return give(cudaSuccess);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int device) {
    if (device < 0 || device >= options().devices) return give(cudaErrorInvalidDevice);
    *p = {};
    std::snprintf(p->name, sizeof p->name, "CUDA emulator");
    p->totalGlobalMem = options().memory_bytes;
    p->major = architecture / 10, p->minor = architecture % 10;
    p->multiProcessorCount = 4;
    p->warpSize = 32;
    p->maxThreadsPerBlock = 1024;
    p->maxThreadsPerMultiProcessor = 2048;
    p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024, p->maxThreadsDim[2] = 64;
    p->maxGridSize[0] = 0x7fffffff, p->maxGridSize[1] = p->maxGridSize[2] = 65535;
    p->sharedMemPerBlock = most_shared_without_asking;
    p->sharedMemPerBlockOptin = most_shared;
    p->sharedMemPerMultiprocessor = most_shared + 1024;
    p->reservedSharedMemPerBlock = 1024;
    p->regsPerBlock = p->regsPerMultiprocessor = 65536;
    p->totalConstMem = 65536;
    p->l2CacheSize = 1 << 20;
    p->memoryBusWidth = 64;
    p->concurrentKernels = p->unifiedAddressing = p->managedMemory = 1;
    p->memoryPoolsSupported = options().pools ? 1 : 0;
    return give(cudaSuccess);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    cudaDeviceProp p;
    const cudaError_t error = cudaGetDeviceProperties(&p, device);
    if (error != cudaSuccess) return error;
    *value = attribute_value(p, attribute);
    return give(cudaSuccess);
}
cudaError_t cudaDeviceSynchronize() {
    for (const cudaStream_t stream : all_streams()) {
        if (stream->device == current_device) stream->wait();
    }
    return give(cudaSuccess);
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = CUDART_VERSION;
    return give(cudaSuccess);
}
cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = CUDART_VERSION;
    return give(cudaSuccess);
}

}  // extern "C"
