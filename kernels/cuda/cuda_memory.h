#pragma once

#include "kernels/launch/cuda_call.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace stationary {

/// Device memory for what is done in a stream, from the device's pool: taken and given back in the order of the stream,
/// so that neither waits for what other streams do, as cudaMalloc and cudaFree may. Where the driver knows no pools
/// they are used all the same. Throws CudaOutOfMemory.
class DeviceMemory {
  public:
    DeviceMemory() = default;
    DeviceMemory(std::size_t bytes, cudaStream_t stream) : stream_(stream) {
        if (bytes == 0) return;
        const cudaError_t error = cudaMallocAsync(&data_, bytes, stream);
        if (error == cudaErrorNotSupported) {
            static_cast<void>(cudaGetLastError());
            pooled_ = false;
            STATIONARY_CUDA_CALL(cudaMalloc(&data_, bytes));
        } else {
            check_cuda(error, "cudaMallocAsync(&data_, bytes, stream)", __FILE__, __LINE__);
        }
    }
    DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
    DeviceMemory& operator=(DeviceMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(stream_, other.stream_);
        std::swap(pooled_, other.pooled_);
        return *this;
    }
    ~DeviceMemory() {
        if (data_ != nullptr) static_cast<void>(pooled_ ? cudaFreeAsync(data_, stream_) : cudaFree(data_));
    }
    [[nodiscard]] void* data() const { return data_; }
    [[nodiscard]] cudaStream_t stream() const { return stream_; }

  private:
    void* data_ = nullptr;
    cudaStream_t stream_ = nullptr;
    bool pooled_ = true;
};

/// An array in device memory, filled and read in the stream that it was taken in.
template <class T>
class DeviceArray {
  public:
    DeviceArray() = default;
    DeviceArray(std::size_t size, cudaStream_t stream) : memory_(size * sizeof(T), stream), size_(size) {}

    [[nodiscard]] T* data() const { return static_cast<T*>(memory_.data()); }
    [[nodiscard]] std::size_t size() const { return size_; }

    void fill_bytes(int byte) {
        if (size_ > 0) STATIONARY_CUDA_CALL(cudaMemsetAsync(data(), byte, size_ * sizeof(T), memory_.stream()));
    }
    /// `values` must stay until the stream has come to it.
    void copy_from(const std::vector<T>& values) {
        STATIONARY_CUDA_CALL(cudaMemcpyAsync(data(), values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice,
                                             memory_.stream()));
    }
    /// The first `count` values, once everything in the stream is done.
    [[nodiscard]] std::vector<T> to_host(std::size_t count) const {
        std::vector<T> values(count);
        STATIONARY_CUDA_CALL(
            cudaMemcpyAsync(values.data(), data(), count * sizeof(T), cudaMemcpyDeviceToHost, memory_.stream()));
        STATIONARY_CUDA_CALL(cudaStreamSynchronize(memory_.stream()));
        return values;
    }

  private:
    DeviceMemory memory_;
    std::size_t size_ = 0;
};

/// A stream that waits for no other.
class CudaStream {
  public:
    CudaStream() { STATIONARY_CUDA_CALL(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    CudaStream(const CudaStream&) = delete;
    CudaStream& operator=(const CudaStream&) = delete;
    ~CudaStream() { static_cast<void>(cudaStreamDestroy(stream_)); }
    [[nodiscard]] cudaStream_t get() const { return stream_; }
    void wait() const { STATIONARY_CUDA_CALL(cudaStreamSynchronize(stream_)); }

  private:
    cudaStream_t stream_ = nullptr;
};

/// A moment in a stream. A thread that waits for it sleeps: there may be more threads that wait than processors.
class CudaEvent {
  public:
    CudaEvent() { STATIONARY_CUDA_CALL(cudaEventCreateWithFlags(&event_, cudaEventBlockingSync)); }
    CudaEvent(const CudaEvent&) = delete;
    CudaEvent& operator=(const CudaEvent&) = delete;
    ~CudaEvent() { static_cast<void>(cudaEventDestroy(event_)); }
    void record(cudaStream_t stream) { STATIONARY_CUDA_CALL(cudaEventRecord(event_, stream)); }
    void wait() const { STATIONARY_CUDA_CALL(cudaEventSynchronize(event_)); }
    /// Seconds of device time from `start` to this event; both have happened.
    [[nodiscard]] double seconds_since(const CudaEvent& start) const {
        float milliseconds = 0.0F;
        STATIONARY_CUDA_CALL(cudaEventElapsedTime(&milliseconds, start.event_, event_));
        return static_cast<double>(milliseconds) * 1e-3;
    }

  private:
    cudaEvent_t event_ = nullptr;
};

}  // namespace stationary
