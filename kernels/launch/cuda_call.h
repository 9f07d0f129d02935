#pragma once

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace stationary {

/// A CUDA runtime call that failed.
class CudaError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Device memory that could not be had. Nothing is broken: with less the same device goes on.
class CudaOutOfMemory : public CudaError {
  public:
    using CudaError::CudaError;
};

/// Throws CudaError (CudaOutOfMemory for a failed allocation, and forgets it), "file:line: call: name of the error (its
/// description)", unless the call succeeded.
inline void check_cuda(cudaError_t error, const char* call, const char* file, int line) {
    if (error == cudaSuccess) return;
    const std::string message = std::string(file) + ":" + std::to_string(line) + ": " + call + ": " +
                                cudaGetErrorName(error) + " (" + cudaGetErrorString(error) + ")";
    if (error != cudaErrorMemoryAllocation) throw CudaError(message);
    static_cast<void>(cudaGetLastError());
    throw CudaOutOfMemory(message);
}

/// Every call of the CUDA runtime goes through this. A macro, because the message quotes the call and where it stands.
#define STATIONARY_CUDA_CALL(...) ::stationary::check_cuda((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

}  // namespace stationary
