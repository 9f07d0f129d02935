#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/device_share.h"
#include "kernels/interface/backend.h"

namespace stationary {
namespace {

std::string version_text(int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// "0: NVIDIA H100, sm_90, 78 GiB"
std::string describe_device(int device) {
    cudaDeviceProp properties;
    const std::string start = std::to_string(device) + ": ";
    if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) return start + "unknown";
    return start + properties.name + ", sm_" + std::to_string(properties.major) + std::to_string(properties.minor) +
           ", " + std::to_string(properties.totalGlobalMem >> 30) + " GiB";
}

}  // namespace

std::string why_unusable(cudaError_t error) {
    const std::string name = std::string(" (") + cudaGetErrorName(error) + ")";
    switch (error) {
        case cudaErrorNoDevice:
            return "no CUDA-capable GPU on this machine" + name;
        case cudaErrorInsufficientDriver:
            return "no NVIDIA driver, or one too old for CUDA " + version_text(CUDART_VERSION) + name;
        case cudaErrorNoKernelImageForDevice:
            return "this build has no code for this GPU's architecture" + name;
        default:
            return std::string("the GPU cannot be used: ") + cudaGetErrorString(error) + name;
    }
}

CudaStatus cuda_status(LocalPlace place) {
    CudaStatus status;
    status.compiled = true;
    int devices = 0;
    cudaError_t error = cudaGetDeviceCount(&devices);
    if (error == cudaSuccess && devices == 0) error = cudaErrorNoDevice;
    if (error != cudaSuccess) {
        static_cast<void>(cudaGetLastError());
        status.reason = why_unusable(error);
        return status;
    }
    for (int device = 0; device < devices; ++device) status.devices.push_back(describe_device(device));
    for (const int device : device_share(devices, place.rank, place.ranks)) {
        error = try_device(device);
        if (error == cudaSuccess) {
            status.usable_devices.push_back(device);
        } else if (status.reason.empty()) {
            status.reason = why_unusable(error);
        }
    }
    status.usable = !status.usable_devices.empty();
    if (status.usable) status.reason.clear();
    return status;
}

}  // namespace stationary
