#pragma once

#include "tests/cuda_emulator/device.h"

#include <string>

namespace emulator {

constexpr int most_devices = 8;

enum class Order { forward, reverse, random };
enum class Approximate { nearest, up, down, random };

/// What the environment asks for: CUDA_EMULATOR_CHECK and the like (README.md).
struct Options {
    bool check_memory = false;
    bool check_init = false;
    bool check_race = false;
    bool check_sync = false;
    Order order = Order::forward;
    u64 seed = 0;
    Approximate approximate = Approximate::nearest;
    bool lazy;         ///< a stream does nothing before somebody waits for it
    u64 memory_bytes;  ///< of each device
    u64 memory_limit;  ///< allocations beyond it fail whatever is said to be free, as if other processes had taken it
    int devices;
    int workers;
    u64 failing_launch;  ///< the launch with which the device is lost, counted from 1
    bool pools;
    int translate_jobs;  ///< if not 0: at the end of the program all its kernels are translated, so many at a time
    std::string cache;
    std::string compiler;
    std::string flags;
    std::string python;
    std::string trace;
    int exit_code;

    Options();
    [[nodiscard]] bool checked() const { return check_memory || check_init || check_race; }

  private:
    void read_checks(std::string checks);
    void read_order(const std::string& by);
};

/// Outlives everything: programs launch until they have ended.
inline const Options& options() {
    static const auto* const made = new Options;
    return *made;
}

/// The environment variable CUDA_EMULATOR_<name>, or `otherwise` if it is not set or empty.
std::string variable(const char* name, const std::string& otherwise);

}  // namespace emulator
