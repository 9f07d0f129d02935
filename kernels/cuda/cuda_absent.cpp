// The CUDA side of backend.h in a build without the toolkit.
#include "kernels/interface/backend.h"

#include <stdexcept>

namespace stationary {

CudaStatus cuda_status(LocalPlace) {
    CudaStatus status;
    status.reason = "this build has no CUDA backend";
    return status;
}

std::unique_ptr<Backend> make_cuda_backend(const std::vector<int>&, int) {
    throw std::runtime_error(cuda_status().reason);
}

std::unique_ptr<Backend> make_cuda_backend(int device) { return make_cuda_backend(std::vector<int>{device}); }

}  // namespace stationary
