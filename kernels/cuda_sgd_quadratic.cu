#include "kernels/cuda_kernel.cuh"
#include "kernels/quadratic_oracle.h"
#include "kernels/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using QuadraticSgdStepper = SgdStepper<Lanes, D, QuadraticOracle>;

}  // namespace

const CudaStepFunctions cuda_quadratic_step =
    cuda_step_functions<QuadraticSgdStepper, Velocity::kept, Variants::padding>();

}  // namespace stationary
