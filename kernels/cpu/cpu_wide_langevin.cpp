// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_wide.h"

namespace stationary {
extern const StepFunctions STATIONARY_AT_LEVEL(wide_langevin_step){&run_wide_chains_of<float, WideLangevinStepper>,
                                                                   &run_wide_chains_of<double, WideLangevinStepper>};

}  // namespace stationary
