// The CUDA runtime's interface: memory, copies, variables of kernels.

#include "tests/cuda_emulator/copies.h"
#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/registry.h"
#include "tests/cuda_emulator/report.h"
#include "tests/cuda_emulator/streams.h"

#include <cuda_runtime_api.h>

using namespace emulator;

extern "C" {

cudaError_t cudaMalloc(void** place, std::size_t bytes) {
    return give(take_memory(place, bytes, nullptr, Opened::now));
}
cudaError_t cudaMallocAsync(void** place, std::size_t bytes, cudaStream_t stream) {
    if (!options().pools) return give(cudaErrorNotSupported);
    return give(take_memory(place, bytes, stream, Opened::in_order));
}
cudaError_t cudaMallocManaged(void** place, std::size_t bytes, unsigned) {
    const cudaError_t error = take_memory(place, bytes, nullptr, Opened::now);
    if (error == cudaSuccess && *place != nullptr)
        memory_at(*place)->share_with_host(reinterpret_cast<u64>(*place), bytes);
    return give(error);
}
cudaError_t cudaMallocHost(void** place, std::size_t bytes) { return cudaMallocManaged(place, bytes, 1); }
cudaError_t cudaHostAlloc(void** place, std::size_t bytes, unsigned) { return cudaMallocManaged(place, bytes, 1); }

cudaError_t cudaFree(void* place) {
    if (place == nullptr) return give(cudaSuccess);
    for (const cudaStream_t stream : all_streams()) stream->wait();
    EmulatedMemory* const there = memory_at(place);
    const bool freed = there != nullptr && there->give_back(reinterpret_cast<u64>(place));
    return give(freed ? cudaSuccess : cudaErrorInvalidValue);
}
cudaError_t cudaFreeHost(void* place) { return cudaFree(place); }
cudaError_t cudaFreeAsync(void* place, cudaStream_t stream) {
    if (place == nullptr) return give(cudaSuccess);
    const u64 address = reinterpret_cast<u64>(place);
    EmulatedMemory* const there = memory_at(place);
    if (there == nullptr || !there->is_allocation(address)) return give(cudaErrorInvalidValue);
    put(stream, [=] {
        if (!there->give_back(address)) report("free", "cudaFreeAsync of %p, which is free", place);
    });
    return give(cudaSuccess);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    if (!fits(to, from, kind)) return give(cudaErrorInvalidValue);
    put_for_device(stream, [=] { copy_now(to, from, bytes); });
    return give(cudaSuccess);
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}
cudaError_t cudaMemsetAsync(void* place, int value, std::size_t bytes, cudaStream_t stream) {
    if (memory_at(place) == nullptr) return give(cudaErrorInvalidValue);
    put_for_device(stream, [=] { fill_now(place, value, bytes); });
    return give(cudaSuccess);
}
cudaError_t cudaMemset(void* place, int value, std::size_t bytes) {
    return cudaMemsetAsync(place, value, bytes, nullptr);
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *free = memory(current_device).free_bytes();
    *total = options().memory_bytes;
    return give(cudaSuccess);
}

cudaError_t cudaGetSymbolAddress(void** place, const void* symbol) {
    return give(registry().symbol_address(place, symbol));
}
cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, std::size_t bytes, std::size_t offset,
                               cudaMemcpyKind kind) {
    void* place = nullptr;
    const cudaError_t error = cudaGetSymbolAddress(&place, symbol);
    return error != cudaSuccess ? error : cudaMemcpy(static_cast<u8*>(place) + offset, from, bytes, kind);
}
cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, std::size_t bytes, std::size_t offset,
                                 cudaMemcpyKind kind) {
    void* place = nullptr;
    const cudaError_t error = cudaGetSymbolAddress(&place, symbol);
    return error != cudaSuccess ? error : cudaMemcpy(to, static_cast<u8*>(place) + offset, bytes, kind);
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
    static int only;
    *pool = reinterpret_cast<cudaMemPool_t>(&only);
    return give(cudaSuccess);
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return give(cudaSuccess); }

}  // extern "C"
