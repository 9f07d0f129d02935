#pragma once

#include "kernels/interface/backend.h"

#include <gtest/gtest.h>

#include <memory>

namespace stationary {

/// The CUDA backend beside the CPU's. Without a GPU these tests are skipped and say why.
template <class Model>
class GpuTest : public testing::TestWithParam<Model> {
  protected:
    void SetUp() override {
        const CudaStatus status = cuda_status();
        if (!status.usable) GTEST_SKIP() << status.reason;
        cuda_ = make_cuda_backend(0);
    }
    std::unique_ptr<Backend> cuda_;
    std::unique_ptr<Backend> cpu_ = make_cpu_backend(0, best_simd_level());
};

}  // namespace stationary
