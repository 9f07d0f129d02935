#include "kernels/launch/cuda_call.h"

#include "kernels/cuda/cuda_device.h"

#include <gtest/gtest.h>

#include <string>

namespace stationary {
namespace {

cudaError_t failing_call(int) { return cudaErrorMemoryAllocation; }

TEST(CudaCall, a_failure_names_place_call_and_error) {
    const std::string line = std::to_string(__LINE__ + 2);
    try {
        STATIONARY_CUDA_CALL(failing_call(3));
        FAIL() << "did not throw";
    } catch (const CudaError& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find("cuda_call_test.cpp:" + line + ": failing_call(3): cudaErrorMemoryAllocation"),
                  std::string::npos)
            << what;
        EXPECT_NE(what.find("out of memory"), std::string::npos) << what;
    }
}

TEST(CudaCall, only_a_failed_allocation_is_out_of_memory) {
    EXPECT_THROW(STATIONARY_CUDA_CALL(failing_call(3)), CudaOutOfMemory);
    try {
        STATIONARY_CUDA_CALL(cudaErrorIllegalAddress);
        FAIL() << "did not throw";
    } catch (const CudaOutOfMemory&) {
        FAIL() << "a broken device is not one that is full";
    } catch (const CudaError&) {
    }
}

TEST(CudaCall, success_is_silent) { EXPECT_NO_THROW(STATIONARY_CUDA_CALL(cudaSuccess)); }

TEST(CudaDevice, every_reason_is_one_line_with_the_name_of_the_error) {
    for (const cudaError_t error : {cudaErrorNoDevice, cudaErrorInsufficientDriver, cudaErrorNoKernelImageForDevice,
                                    cudaErrorDevicesUnavailable, cudaErrorUnknown}) {
        const std::string reason = why_unusable(error);
        EXPECT_NE(reason.find(cudaGetErrorName(error)), std::string::npos) << reason;
        EXPECT_EQ(reason.find('\n'), std::string::npos) << reason;
    }
    EXPECT_EQ(why_unusable(cudaErrorNoDevice).rfind("no CUDA-capable GPU", 0), 0U);
    EXPECT_EQ(why_unusable(cudaErrorInsufficientDriver).rfind("no NVIDIA driver", 0), 0U);
}

}  // namespace
}  // namespace stationary
