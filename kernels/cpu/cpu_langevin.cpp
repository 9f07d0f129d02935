// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_shard.h"
#include "kernels/steps/langevin_stepper.h"

namespace stationary {
extern const StepFunctions STATIONARY_AT_LEVEL(langevin_step){&run_chains<float, LangevinStepper>,
                                                              &run_chains<double, LangevinStepper>};

}  // namespace stationary
