#include "kernels/cuda/cuda_device.h"

namespace stationary {
namespace {

/// Compiled for the same architectures as the other kernels, and cheaper to ask about than any of them.
__global__ void probe() {}

}  // namespace

cudaError_t try_device(int device) {
    cudaError_t error = cudaSetDevice(device);
    cudaFuncAttributes attributes;
    if (error == cudaSuccess) error = cudaFuncGetAttributes(&attributes, probe);
    if (error != cudaSuccess) static_cast<void>(cudaGetLastError());  // or a later launch would be blamed for it
    return error;
}

}  // namespace stationary
