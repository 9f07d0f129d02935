#include "tests/cuda_emulator/launch.h"

#include "tests/cuda_emulator/block_runner.h"
#include "tests/cuda_emulator/options.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <thread>

namespace emulator {
namespace {

__extension__ using u128 = unsigned __int128;

/// Some step that is prime to n, so that its multiples visit 0 … n − 1.
u64 step_through(u64 n, u64 seed) {
    u64 step = n / 2 + seed % (n / 2 + 1) + 1;
    while (std::gcd(step, n) != 1) ++step;
    return step;
}

/// In which order the blocks of a launch run.
class BlockOrder {
  public:
    BlockOrder(u64 blocks, u64 launch_number) : blocks_(blocks) {
        if (options().order == Order::random) step_ = step_through(blocks, options().seed + launch_number * 7919);
    }
    [[nodiscard]] u64 at(u64 k) const {
        if (options().order == Order::reverse) return blocks_ - 1 - k;
        return static_cast<u64>(static_cast<u128>(k) * step_ % blocks_);
    }

  private:
    u64 blocks_;
    u64 step_ = 1;
};

}  // namespace

std::atomic<int>& device_error(int device) {
    static std::atomic<int> errors[most_devices];
    return errors[device];
}

u64 next_phase() {
    static std::atomic<u64> phases{0};
    return ++phases;
}

void run_launch(Launch& launch) {
    static std::mutex one_at_a_time;  // where races are looked for
    static std::atomic<u64> launches{0};
    std::atomic<int>& error = device_error(launch.device);
    if (error != cudaSuccess) return;
    std::unique_lock<std::mutex> alone;
    if (options().check_race) alone = std::unique_lock(one_at_a_time);
    launch.number = ++launches;
    launch.first_phase = next_phase();
    if (launch.number == options().failing_launch) {
        error = cudaErrorECCUncorrectable;
        return;
    }
    const u64 blocks = u64{launch.grid.x} * launch.grid.y * launch.grid.z;
    launch.kernel->launches += 1;
    launch.kernel->blocks += blocks;
    const BlockOrder order(blocks, launch.number);
    std::atomic<u64> next{0};
    const auto work = [&] {
        BlockRunner runner(launch);
        for (u64 k; (k = next++) < blocks && !launch.failed;) runner.run(order.at(k));
    };
    const u64 workers = options().check_race ? 1 : std::min(static_cast<u64>(options().workers), blocks);
    std::vector<std::thread> threads;
    for (u64 k = 1; k < workers; ++k) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    if (launch.failed) error = cudaErrorIllegalAddress;
}

}  // namespace emulator
