#pragma once

#include "kernels/cuda_call.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace stationary {

/// An array in device memory.
template <class T>
class DeviceArray {
  public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t size) : size_(size) {
        if (size_ > 0) STATIONARY_CUDA_CALL(cudaMalloc(reinterpret_cast<void**>(&data_), size_ * sizeof(T)));
    }
    DeviceArray(DeviceArray&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    DeviceArray& operator=(DeviceArray&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~DeviceArray() { static_cast<void>(cudaFree(data_)); }

    [[nodiscard]] T* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }

    void fill_bytes(int byte, cudaStream_t stream) {
        if (size_ > 0) STATIONARY_CUDA_CALL(cudaMemsetAsync(data_, byte, size_ * sizeof(T), stream));
    }
    void copy_from(const std::vector<T>& values, cudaStream_t stream) {
        STATIONARY_CUDA_CALL(
            cudaMemcpyAsync(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice, stream));
    }
    /// The first `count` values, once everything in the stream is done.
    [[nodiscard]] std::vector<T> to_host(std::size_t count, cudaStream_t stream) const {
        std::vector<T> values(count);
        STATIONARY_CUDA_CALL(cudaMemcpyAsync(values.data(), data_, count * sizeof(T), cudaMemcpyDeviceToHost, stream));
        STATIONARY_CUDA_CALL(cudaStreamSynchronize(stream));
        return values;
    }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

class CudaStream {
  public:
    CudaStream() { STATIONARY_CUDA_CALL(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    CudaStream(const CudaStream&) = delete;
    CudaStream& operator=(const CudaStream&) = delete;
    ~CudaStream() { static_cast<void>(cudaStreamDestroy(stream_)); }
    [[nodiscard]] cudaStream_t get() const { return stream_; }

  private:
    cudaStream_t stream_ = nullptr;
};

class CudaEvent {
  public:
    CudaEvent() { STATIONARY_CUDA_CALL(cudaEventCreate(&event_)); }
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
