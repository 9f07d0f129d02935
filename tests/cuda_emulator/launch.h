#pragma once

#include "tests/cuda_emulator/device.h"
#include "tests/cuda_emulator/kernel.h"

#include <cuda_runtime_api.h>
#include <atomic>
#include <vector>

namespace emulator {

/// A launch of a kernel that its stream has yet to do, or does.
struct Launch {
    Kernel* kernel;
    int device;
    dim3 grid, block;
    u64 dynamic_shared;
    std::vector<u8> parameters;
    u64 number = 0;       ///< among all launches of the program, from 1
    u64 first_phase = 0;  ///< of its own: what was touched in an earlier one is ordered before it
    std::atomic<bool> failed{false};
};

/// Runs all blocks, unless the device is lost.
void run_launch(Launch& launch);

/// The error after which a device is lost, or cudaSuccess. It stays.
std::atomic<int>& device_error(int device);

/// A number for what lies between two barriers (race_cell.h).
u64 next_phase();

}  // namespace emulator
