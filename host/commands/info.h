#pragma once

#include "host/base/program_info.h"
#include "kernels/interface/backend.h"

#include <string>
#include <vector>

namespace stationary {

/// What `info` prints: this build, and what it can run on here.
struct Info {
    ProgramInfo program;
    BackendInfo cpu;                     ///< the CPU backend as it would run by default
    std::vector<SimdLevel> simd_levels;  ///< those available in this build on this processor
    CudaStatus cuda;
};

Info gather_info();
std::string info_text(const Info& info);
/// {"schema", "program", "cpu": {"device", "threads", "simd", "simd_available"}, "cuda": {"compiled", "usable",
/// "reason", "devices"}}.
std::string info_json(const Info& info);

}  // namespace stationary
