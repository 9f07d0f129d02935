#pragma once

#include "tests/cuda_emulator/device.h"

#include <cuda_runtime_api.h>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

/// A queue of work. What is put in is done in order: at once, or when somebody waits for it.
struct CUstream_st {
    CUstream_st(int its_device, bool waits) : device(its_device), waits_for_null(waits) {}

    const int device;
    const bool waits_for_null;

    /// Puts work in and returns how much that makes in all.
    u64 add(std::function<void()> work);
    /// Does the work put in, up to the given number.
    void run_until(u64 count);
    void wait() { run_until(~u64{0}); }

  private:
    std::recursive_mutex running_;
    std::mutex mutex_;
    std::deque<std::function<void()>> queue_;
    u64 put_ = 0, done_ = 0;
};

struct CUevent_st {
    int device;
    bool timed;
    std::mutex mutex;
    CUstream_st* stream = nullptr;
    u64 at = 0;  ///< the work of the stream up to here
    double seconds = 0.0;
    bool recorded = false, happened = false;
};

namespace emulator {

/// The device that the calling thread has chosen.
inline thread_local int current_device = 0;
/// The calling thread's last error, for cudaGetLastError.
inline thread_local cudaError_t last_error = cudaSuccess;

cudaError_t context_error();

/// What a function of the interface returns: notes an error, and holds up the thread now and then in random order.
cudaError_t give(cudaError_t error);

void add_stream(cudaStream_t stream);
/// False if there is no such stream.
bool remove_stream(cudaStream_t stream);
std::vector<cudaStream_t> all_streams();

/// Waits for the streams of the current device for which the default stream waits.
void wait_for_blocking_streams();

bool is_null(cudaStream_t stream);
/// A stream belongs to the device that was current when it was made, and takes launches and events of that one only.
bool is_foreign(cudaStream_t stream);
int device_of(cudaStream_t stream);

/// Puts work into a stream and returns how much that makes in all. The legacy default stream works at once, after all
/// streams that wait for it; of that the number is 0.
u64 put(cudaStream_t stream, std::function<void()> work);
/// The same, done with the stream's device as the current one.
void put_for_device(cudaStream_t stream, std::function<void()> work);

}  // namespace emulator
