#pragma once

#include <string>

namespace stationary {

/// Which build of the program this is; stands in every report.
struct ProgramInfo {
    std::string version;
    std::string commit;  ///< "unknown" outside a git checkout
    std::string build_type;
    std::string compiler;
    bool cuda = false;         ///< the build has the CUDA backend
    std::string cuda_toolkit;  ///< its toolkit's version; empty without CUDA
    bool mpi = false;          ///< the build can run as several ranks
};

ProgramInfo program_info();

}  // namespace stationary
