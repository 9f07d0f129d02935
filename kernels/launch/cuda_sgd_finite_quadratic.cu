#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/models/finite_quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using FiniteQuadraticSgdStepper = SgdStepper<Lanes, D, FiniteQuadraticOracle>;

}  // namespace

const CudaStepFunctions cuda_finite_quadratic_step =
    cuda_step_functions<FiniteQuadraticSgdStepper, Velocity::kept, Variants::table_place>();

}  // namespace stationary
