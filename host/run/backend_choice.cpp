#include "host/run/backend_choice.h"

#include "host/base/error.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

/// The GPUs, or the reason why there is none to use.
struct CudaAttempt {
    std::unique_ptr<Backend> backend;
    std::string reason;
};

CudaAttempt try_cuda(const BackendRequest& request) {
    const CudaStatus status = cuda_status(request.place);
    if (!status.usable) return {nullptr, status.reason};
    try {
        return {make_cuda_backend(status.usable_devices, request.streams), ""};
    } catch (const std::runtime_error& error) {
        return {nullptr, error.what()};
    }
}

std::unique_ptr<Backend> open_cpu(const BackendRequest& request, Normals normals) {
    if (normals == Normals::fast) {
        throw InputError("run.normals: \"fast\" needs the CUDA backend; the CPU makes reproducible normals only");
    }
    const SimdLevel level = request.simd.value_or(best_simd_level());
    if (!simd_level_available(level)) {
        throw InputError(fmt::format("--simd {} is not available here; the best level is {}", to_string(level),
                                     to_string(best_simd_level())));
    }
    return make_cpu_backend(request.threads, level);
}

}  // namespace

ChosenBackend choose_backend(const BackendRequest& request, Normals normals, Precision precision) {
    if (normals == Normals::fast && precision == Precision::double_precision) {
        throw InputError("run.normals: \"fast\" goes with run.precision = \"float\" only");
    }
    if (request.choice == BackendChoice::cpu) return {open_cpu(request, normals), ""};
    CudaAttempt cuda = try_cuda(request);
    if (cuda.backend) return {std::move(cuda.backend), ""};
    if (request.choice == BackendChoice::cuda) throw UserError(ExitCode::no_backend, "no CUDA backend: " + cuda.reason);
    return {open_cpu(request, normals), cuda.reason};
}

}  // namespace stationary
