#include "tests/cuda_emulator/copies.h"

#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/launch.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"
#include "tests/cuda_emulator/streams.h"

#include <cstring>

namespace emulator {
namespace {

/// Where in this process the bytes of an address of either kind lie, or null and an error if the device has no such
/// memory.
u8* bytes_at(const void* place, u64 bytes, const EmulatedMemory* there) {
    const u64 address = reinterpret_cast<u64>(place);
    if (there == nullptr) return reinterpret_cast<u8*>(address);
    if (there->is_allocated(address, bytes)) return there->real(address);
    report("copy", "a copy or fill of %llu bytes at %p, which is no allocated device memory",
           static_cast<unsigned long long>(bytes), place);
    device_error(current_device) = cudaErrorIllegalAddress;
    return nullptr;
}

}  // namespace

cudaError_t take_memory(void** place, u64 bytes, cudaStream_t stream, Opened opened) {
    if (place == nullptr) return cudaErrorInvalidValue;
    *place = nullptr;
    if (bytes == 0) return cudaSuccess;
    const int device = device_of(stream);
    EmulatedMemory& there = memory(device);
    u64 address = there.take(bytes);
    if (address == 0) {  // there may be more once the streams have done what is in them
        for (const cudaStream_t other : all_streams()) {
            if (other->device == device) other->wait();
        }
        address = there.take(bytes);
    }
    if (address == 0) return cudaErrorMemoryAllocation;
    if (opened == Opened::in_order) {
        put(stream, [=, &there] { there.open(address, bytes); });
    } else {
        there.open(address, bytes);
    }
    *place = reinterpret_cast<void*>(address);
    return cudaSuccess;
}

bool fits(const void* to, const void* from, cudaMemcpyKind kind) {
    const bool to_device = memory_at(to) != nullptr;
    const bool from_device = memory_at(from) != nullptr;
    switch (kind) {
        case cudaMemcpyHostToDevice:
            return to_device;
        case cudaMemcpyDeviceToHost:
            return from_device;
        case cudaMemcpyDeviceToDevice:
            return to_device && from_device;
        default:
            return true;
    }
}

void copy_now(void* to, const void* from, u64 bytes) {
    if (bytes == 0 || context_error() != cudaSuccess) return;
    const EmulatedMemory* const to_device = memory_at(to);
    const EmulatedMemory* const from_device = memory_at(from);
    u8* const target = bytes_at(to, bytes, to_device);
    const u8* const source = bytes_at(from, bytes, from_device);
    if (target == nullptr || source == nullptr) return;
    std::memmove(target, source, bytes);
    const u64 to_address = reinterpret_cast<u64>(to);
    const u64 from_address = reinterpret_cast<u64>(from);
    if (from_device != nullptr && to_device == nullptr && options().check_init &&
        std::memchr(from_device->shadow(from_address), allocated, bytes) != nullptr) {
        report("copy of unwritten", "a copy to the host of device memory that nobody has written");
    }
    if (to_device == nullptr) return;
    if (from_device != nullptr) {
        std::memmove(to_device->shadow(to_address), from_device->shadow(from_address), bytes);
    } else {
        std::memset(to_device->shadow(to_address), written, bytes);
    }
}

void fill_now(void* place, int value, u64 bytes) {
    if (bytes == 0 || context_error() != cudaSuccess) return;
    const EmulatedMemory* const there = memory_at(place);
    u8* const target = bytes_at(place, bytes, there);
    if (target == nullptr) return;
    std::memset(target, value, bytes);
    std::memset(there->shadow(reinterpret_cast<u64>(place)), written, bytes);
}

}  // namespace emulator
