#include "kernels/interface/backend.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

TEST(CudaStatus, says_in_one_line_why_not_or_lists_the_devices) {
    const CudaStatus status = cuda_status();
    if (status.usable) {
        EXPECT_TRUE(status.compiled);
        EXPECT_EQ(status.reason, "");
        ASSERT_FALSE(status.devices.empty());
        EXPECT_EQ(status.devices[0].rfind("0: ", 0), 0U) << status.devices[0];
        EXPECT_NE(status.devices[0].find("sm_"), std::string::npos) << status.devices[0];
    } else {
        EXPECT_GT(status.reason.size(), 10U);
        EXPECT_EQ(status.reason.find('\n'), std::string::npos) << status.reason;
    }
}

TEST(CudaStatus, asking_again_gives_the_same_answer) {
    const CudaStatus first = cuda_status();
    const CudaStatus second = cuda_status();
    EXPECT_EQ(first.usable, second.usable);
    EXPECT_EQ(first.reason, second.reason);
    EXPECT_EQ(first.devices, second.devices);
}

TEST(CudaStatus, no_backend_without_a_usable_device) {
    const CudaStatus status = cuda_status();
    if (status.usable) GTEST_SKIP() << "there is a usable GPU";
    try {
        make_cuda_backend(0);
        FAIL() << "made a backend";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()), status.reason);
    }
}

}  // namespace
}  // namespace stationary
