#pragma once

#include "tests/cuda_emulator/device.h"

#include <cuda_runtime_api.h>

namespace emulator {

/// When an allocation becomes memory: at once, or in its turn in the stream.
enum class Opened { now, in_order };

cudaError_t take_memory(void** place, u64 bytes, cudaStream_t stream, Opened opened);

/// Whether the kind of a copy fits where its ends lie.
bool fits(const void* to, const void* from, cudaMemcpyKind kind);

void copy_now(void* to, const void* from, u64 bytes);
void fill_now(void* place, int value, u64 bytes);

}  // namespace emulator
