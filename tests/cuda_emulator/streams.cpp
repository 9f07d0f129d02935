#include "tests/cuda_emulator/streams.h"

#include "tests/cuda_emulator/launch.h"
#include "tests/cuda_emulator/options.h"

#include <chrono>
#include <set>
#include <thread>
#include <utility>

u64 CUstream_st::add(std::function<void()> work) {
    u64 count = 0;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
        count = ++put_;
    }
    if (!emulator::options().lazy) wait();
    return count;
}

void CUstream_st::run_until(u64 count) {
    const std::lock_guard lock(running_);
    for (;;) {
        std::function<void()> work;
        {
            const std::lock_guard queue_lock(mutex_);
            if (done_ >= count || queue_.empty()) return;
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        work();
        const std::lock_guard queue_lock(mutex_);
        ++done_;
    }
}

namespace emulator {
namespace {

struct Streams {
    std::mutex mutex;
    std::set<cudaStream_t> all;
};
Streams& streams() {
    static auto* const made = new Streams;
    return *made;
}

/// In random order the threads of the host too meet as they otherwise rarely do: some are slow after a call.
void dawdle() {
    if (options().order != Order::random) return;
    thread_local u64 state = options().seed + std::hash<std::thread::id>()(std::this_thread::get_id());
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    if ((state >> 33) % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds((state >> 40) % 1000));
}

}  // namespace

cudaError_t context_error() { return static_cast<cudaError_t>(device_error(current_device).load()); }

cudaError_t give(cudaError_t error) {
    dawdle();
    if (error == cudaSuccess) error = context_error();
    if (error != cudaSuccess) last_error = error;
    return error;
}

void add_stream(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    streams().all.insert(stream);
}

bool remove_stream(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    return streams().all.erase(stream) > 0;
}

std::vector<cudaStream_t> all_streams() {
    const std::lock_guard lock(streams().mutex);
    return {streams().all.begin(), streams().all.end()};
}

void wait_for_blocking_streams() {
    for (const cudaStream_t stream : all_streams()) {
        if (stream->waits_for_null && stream->device == current_device) stream->wait();
    }
}

bool is_null(cudaStream_t stream) {
    return stream == nullptr || stream == cudaStreamLegacy || stream == cudaStreamPerThread;
}

bool is_foreign(cudaStream_t stream) { return device_of(stream) != current_device; }

int device_of(cudaStream_t stream) { return is_null(stream) ? current_device : stream->device; }

u64 put(cudaStream_t stream, std::function<void()> work) {
    if (!is_null(stream)) return stream->add(std::move(work));
    static std::recursive_mutex running;
    wait_for_blocking_streams();
    const std::lock_guard lock(running);
    work();
    return 0;
}

void put_for_device(cudaStream_t stream, std::function<void()> work) {
    put(stream, [device = device_of(stream), work = std::move(work)] {
        const int before = std::exchange(current_device, device);
        work();
        current_device = before;
    });
}

}  // namespace emulator
