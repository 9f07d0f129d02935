#pragma once

#include "host/experiment/experiment.h"
#include "kernels/interface/backend.h"

#include <memory>
#include <optional>
#include <string>

namespace stationary {

enum class BackendChoice { automatic, cpu, cuda };

/// What the command line asks of the backend.
struct BackendRequest {
    BackendChoice choice = BackendChoice::automatic;
    int threads = 0;                     ///< cpu: 0 = all cores
    std::optional<SimdLevel> simd;       ///< cpu: empty = the best that the processor runs
    LocalPlace place{};                  ///< cuda: which devices are this process's own
    int streams = default_cuda_streams;  ///< cuda: on each device
};

struct ChosenBackend {
    std::unique_ptr<Backend> backend;
    std::string fallback;  ///< why "auto" took the CPU, in one line; empty otherwise
};

/// Opens the backend. Throws UserError(no_backend) if cuda was asked for and cannot be used; InputError for a SIMD
/// level that is not available, or for fast normals on the CPU or in double.
ChosenBackend choose_backend(const BackendRequest& request, Normals normals,
                             Precision precision = Precision::single_precision);

}  // namespace stationary
