#include "host/base/program_info.h"

#include "stationary_config.h"

namespace stationary {

ProgramInfo program_info() {
    return {build::version, build::commit, build::type, build::compiler, build::cuda, build::cuda_toolkit, build::mpi};
}

}  // namespace stationary
