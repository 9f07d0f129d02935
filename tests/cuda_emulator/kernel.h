#pragma once

#include "tests/cuda_emulator/device.h"
#include "tests/cuda_emulator/options.h"

#include <cuda_runtime_api.h>
#include <atomic>
#include <mutex>
#include <string>

namespace emulator {

constexpr u64 most_shared_without_asking = 48 * 1024;
constexpr u64 most_shared = 227 * 1024;

class Module;

/// A kernel of the program: from its PTX to a function of this process.
struct Kernel {
    Module& module;
    const std::string name;
    const std::string shown_name;  ///< as its source names it
    const EmulatorKernel* code = nullptr;
    u64 most_dynamic_shared[most_devices];
    std::atomic<u64> launches{0}, blocks{0};

    Kernel(Module& its_module, const char* its_name);

    /// Sets `code`, and makes it if the cache does not hold it.
    cudaError_t load();

  private:
    std::mutex mutex_;
};

}  // namespace emulator
